//! The nodes, and whose turn it is.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Notify;

use crate::node::{Node, NodeState};
use crate::settings::Settings;

/// All nodes that are known. Read by every request, changed when one comes or goes.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    nodes: RwLock<Arc<Vec<Arc<Node>>>>,
    /// Whose turn it is among those that have equally much to do.
    turn: AtomicUsize,
    doubted: Arc<Notify>,
}

impl Pool {
    /// All nodes now.
    pub(crate) fn nodes(&self) -> Arc<Vec<Arc<Node>>> {
        Arc::clone(&self.nodes.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until a request has found a node other than it was thought to be. For one task at a time.
    pub(crate) async fn doubted(&self) {
        self.doubted.notified().await;
    }

    /// The node of that name at that address; made where there is none. One of that name elsewhere is replaced.
    pub(crate) fn add(&self, name: &str, address: SocketAddr, settings: &Settings) -> Arc<Node> {
        let mut nodes = self.nodes.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(node) = nodes.iter().find(|node| node.name() == name && node.address() == address) {
            return Arc::clone(node);
        }
        let node = Arc::new(Node::new(name, address, Arc::clone(&self.doubted), settings));
        let others = nodes.iter().filter(|node| node.name() != name);
        *nodes = Arc::new(others.cloned().chain([Arc::clone(&node)]).collect());
        node
    }

    /// Forgets a node; requests under way to it end as they do.
    pub(crate) fn remove(&self, node: &Arc<Node>) {
        let mut nodes = self.nodes.write().unwrap_or_else(PoisonError::into_inner);
        *nodes = Arc::new(nodes.iter().filter(|other| !Arc::ptr_eq(other, node)).cloned().collect());
    }

    /// The nodes that a request may go to, in the order in which they are to be tried: the one that a route names while it serves, then those
    /// that serve, the one with least to do first. Where none is up, those that leave; where none serves, all.
    pub(crate) fn order<'a>(&self, mut routes: impl Iterator<Item = &'a str>) -> Vec<Arc<Node>> {
        let nodes = self.nodes();
        let serves = |node: &&Arc<Node>| node.state() != NodeState::Down;
        let own = routes.find_map(|route| nodes.iter().filter(serves).find(|node| node.name() == route));
        let is_other = |node: &&Arc<Node>| own.is_none_or(|own| !Arc::ptr_eq(own, node));
        let is_up = |node: &&Arc<Node>| matches!(node.state(), NodeState::Up | NodeState::Unknown);
        let mut others: Vec<_> = nodes.iter().filter(is_up).filter(is_other).cloned().collect();
        if !others.is_empty() {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed) % others.len();
            others.rotate_left(turn);
            // Stable, so that those with equally much to do take turns. What was seen once counts: others change it meanwhile.
            others.sort_by_cached_key(|node| node.under_way());
        }
        let leaving = nodes.iter().filter(|node| node.state() == NodeState::Leaving).filter(is_other);
        let order: Vec<_> = own.cloned().into_iter().chain(others).chain(leaving.cloned()).collect();
        // One may have come back since its last check, and one that has not refuses at once.
        if order.is_empty() { nodes.to_vec() } else { order }
    }

    /// The same, and at the end those that are left out there: when all others have refused, one of them may have come back.
    pub(crate) fn attempts<'a>(&self, routes: impl Iterator<Item = &'a str>) -> Vec<Arc<Node>> {
        let mut attempts = self.order(routes);
        let nodes = self.nodes();
        let left_out = nodes.iter().filter(|node| !attempts.iter().any(|other| Arc::ptr_eq(other, node)));
        let left_out: Vec<_> = left_out.cloned().collect();
        attempts.extend(left_out);
        attempts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(states: &[(&str, NodeState)]) -> Pool {
        let pool = Pool::default();
        for (number, (name, state)) in states.iter().enumerate() {
            let address = SocketAddr::from(([127, 0, 0, 1], number as u16 + 1));
            pool.add(name, address, &Settings::default()).set_state(*state);
        }
        pool
    }

    fn order(pool: &Pool, routes: &[&'static str]) -> String {
        let names: Vec<String> = pool.order(routes.iter().copied()).iter().map(|node| node.name().to_owned()).collect();
        names.join(" ")
    }

    #[tokio::test]
    async fn a_session_stays_with_its_node() {
        let pool = pool(&[("a", NodeState::Up), ("b", NodeState::Up), ("c", NodeState::Down)]);
        for _ in 0..5 {
            assert_eq!(order(&pool, &["b"]), "b a");
        }
        assert_eq!(order(&pool, &["gone", "b"]), "b a", "a stale cookie does not count");
        assert!(!order(&pool, &["c"]).contains('c'));
    }

    #[tokio::test]
    async fn new_clients_go_where_least_is_to_do_and_in_turns() {
        let pool = pool(&[("a", NodeState::Up), ("b", NodeState::Up), ("c", NodeState::Unknown)]);
        let firsts: Vec<String> = (0..6).map(|_| order(&pool, &[])[..1].to_owned()).collect();
        assert_eq!(firsts.concat(), "abcabc");
        let a = pool.nodes()[0].clone();
        let busy = (a.begin(), pool.nodes()[1].begin());
        assert_eq!(&order(&pool, &[])[..1], "c");
        drop(busy);
        assert_eq!(a.under_way(), 0);
    }

    #[tokio::test]
    async fn who_leaves_gets_its_own_sessions_alone_unless_there_is_nobody_else() {
        let with = pool(&[("a", NodeState::Leaving), ("b", NodeState::Up)]);
        assert_eq!(order(&with, &["a"]), "a b");
        assert_eq!(order(&with, &[]), "b a");
        assert_eq!(order(&pool(&[("a", NodeState::Leaving), ("b", NodeState::Down)]), &["b"]), "a");
        assert_eq!(order(&pool(&[("a", NodeState::Down)]), &["a"]), "a", "it may be back");
    }

    #[tokio::test]
    async fn a_name_has_one_address() {
        let pool = pool(&[("a", NodeState::Up)]);
        let moved = pool.add("a", "127.0.0.1:99".parse().unwrap(), &Settings::default());
        assert!(pool.nodes().iter().all(|node| Arc::ptr_eq(node, &moved)));
        pool.remove(&moved);
        assert!(pool.nodes().is_empty());
    }
}
