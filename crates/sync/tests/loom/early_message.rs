//! A message may come before its session: it waits, and whoever adds the session takes it. As `Context::wait_for` and
//! `Context::drain_waiting` do it, with the flag that spares most requests the look.

use loom::sync::Arc;
use loom::thread;
use outlive_sync::{AtomicFlag, Found, Locked, Table};

use crate::explore::{Schedules, explore};

const KEY: u8 = 1;

struct Context {
    table: Table<u8, Locked<u32>, ()>,
    waiting: Locked<Vec<u32>>,
    anything_waits: AtomicFlag,
}

impl Context {
    fn receive(&self, change: u32) {
        match self.table.find(&KEY) {
            Found::Live(cell) => *cell.lock() += change,
            _ => {
                {
                    let mut waiting = self.waiting.lock();
                    waiting.push(change);
                    self.anything_waits.set(true);
                }
                // The session may have come between the look and the wait.
                if let Found::Live(_) = self.table.find(&KEY) {
                    self.drain();
                }
            }
        }
    }

    fn create(&self) {
        self.table.admit(KEY, Arc::new(Locked::new(0)));
        self.drain();
    }

    fn drain(&self) {
        if !self.anything_waits.get() {
            return;
        }
        let held = {
            let mut waiting = self.waiting.lock();
            let held = std::mem::take(&mut *waiting);
            self.anything_waits.set(!waiting.is_empty());
            held
        };
        held.into_iter().for_each(|change| self.receive(change));
    }
}

#[test]
fn a_message_before_its_session_is_applied_once() {
    explore("two early messages, one creation", Schedules::Preemptions(3), || {
        let context = Arc::new(Context {
            table: Table::new(10, 1),
            waiting: Locked::default(),
            anything_waits: AtomicFlag::default(),
        });
        let messages = [1, 10].map(|change| {
            let context = Arc::clone(&context);
            thread::spawn(move || context.receive(change))
        });
        context.create();
        messages.into_iter().for_each(|message| message.join().unwrap());
        let cell = context.table.get(&KEY).unwrap();
        assert_eq!(*cell.lock(), 11);
        assert!(context.waiting.lock().is_empty());
    });
}
