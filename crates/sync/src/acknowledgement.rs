//! One request that waits until its peers have confirmed.

use core::fmt;
use core::future::Future;
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use crate::primitive::{Arc, Locked};

#[derive(Default)]
struct State {
    outstanding: usize,
    /// More than one: two requests of one session may wait for the same end.
    wakers: Vec<Waker>,
}

/// A future that is ready when every [`Confirm`] made from it is gone.
///
/// A `Confirm` is spent by being dropped, whatever the reason: the ack came, the peer left, the lane was closed. So a
/// request never waits for a peer that nobody sends to any more. The time limit is the caller's.
///
/// Cancel safe: dropping it leaves the confirms without an effect.
#[derive(Clone, Default)]
pub struct Acknowledgement(Arc<Locked<State>>);

impl Acknowledgement {
    /// One that is ready at once, until it is asked for a [`Confirm`].
    pub fn new() -> Self {
        Self::default()
    }

    /// One more peer to wait for.
    pub fn expect(&self) -> Confirm {
        self.0.lock().outstanding += 1;
        Confirm(Arc::clone(&self.0))
    }

    /// Whether nothing is waited for.
    pub fn is_complete(&self) -> bool {
        self.0.lock().outstanding == 0
    }
}

impl Future for Acknowledgement {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.lock();
        if state.outstanding == 0 {
            return Poll::Ready(());
        }
        if !state.wakers.iter().any(|waker| waker.will_wake(cx.waker())) {
            state.wakers.push(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl fmt::Debug for Acknowledgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acknowledgement").field("outstanding", &self.0.lock().outstanding).finish()
    }
}

/// The part of one peer in an [`Acknowledgement`]; dropping it confirms.
pub struct Confirm(Arc<Locked<State>>);

impl Drop for Confirm {
    fn drop(&mut self) {
        let wakers = {
            let mut state = self.0.lock();
            state.outstanding -= 1;
            if state.outstanding == 0 { mem::take(&mut state.wakers) } else { Vec::new() }
        };
        // Outside the lock: a waker may run the task at once.
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl fmt::Debug for Confirm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Confirm")
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn poll(ack: &mut Acknowledgement) -> Poll<()> {
        Pin::new(ack).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn is_ready_when_the_last_peer_has_confirmed() {
        let mut ack = Acknowledgement::new();
        let (first, second) = (ack.expect(), ack.expect());
        assert_eq!(poll(&mut ack), Poll::Pending);
        drop(first);
        assert_eq!(poll(&mut ack), Poll::Pending);
        drop(second);
        assert_eq!(poll(&mut ack), Poll::Ready(()));
    }

    #[test]
    fn a_dropped_waiter_leaves_the_confirms_harmless() {
        let ack = Acknowledgement::new();
        let confirm = ack.expect();
        drop(ack);
        drop(confirm);
    }
}
