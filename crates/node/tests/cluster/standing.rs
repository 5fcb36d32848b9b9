//! Who may go, as the nodes learn it from each other.

use std::time::Duration;

use outlive_node::{Behind, Obstacle};
use outlive_serial::Value;

use crate::support::Cluster;

fn obstacle(cluster: &Cluster, port: u16) -> Option<Obstacle> {
    cluster.node(port).standing().obstacle()
}

fn with_a_session(mut cluster: Cluster) -> Cluster {
    cluster.start(1);
    cluster.settle();
    let session = cluster.create(1);
    session.set("n", Value::integer(1)).unwrap();
    cluster.complete(1, &session);
    cluster
}

/// A second node is a member before it holds anything.
fn a_neighbour_counts_once_it_holds_the_state(cluster: Cluster) {
    let mut cluster = with_a_session(cluster);
    assert_eq!(obstacle(&cluster, 1), Some(Obstacle::Alone(1)));
    cluster.start(2);
    assert_eq!(obstacle(&cluster, 2), Some(Obstacle::TakesState));
    let (mut seen, mut steps_behind) = (Vec::new(), 0);
    for _ in 0..200 {
        cluster.pass(Duration::from_millis(50));
        let now = obstacle(&cluster, 1);
        if cluster.node(2).standing().holds_state && now.is_some() {
            steps_behind += 1;
        }
        if seen.last() != Some(&now) {
            seen.push(now);
        }
    }
    let takes_state = |seen: &Option<Obstacle>| matches!(seen, Some(Obstacle::PeerTakesState(_)));
    assert!(seen.iter().any(takes_state) && seen.last() == Some(&None), "{seen:?}");
    assert_eq!(obstacle(&cluster, 2), None);
    assert!(steps_behind <= 12, "{steps_behind} steps of 50 ms until the word was there");

    cluster.node(2).prepare_to_leave(cluster.now);
    assert_eq!(obstacle(&cluster, 2), Some(Obstacle::Leaving));
    cluster.pass(Duration::from_millis(600));
    assert!(matches!(obstacle(&cluster, 1), Some(Obstacle::PeerLeaves(_))), "nobody relies on a node that leaves");
    assert!(cluster.node(2).standing().is_handed_over(), "and that one has its heir");
}

#[test]
fn with_multicast() {
    a_neighbour_counts_once_it_holds_the_state(Cluster::new(6));
}

/// No datagram carries the word, and a probe comes each 5 s only.
#[test]
fn with_static_members() {
    let mut cluster = Cluster::new(6);
    cluster.static_members = Some(vec![1, 2]);
    a_neighbour_counts_once_it_holds_the_state(cluster);
}

#[test]
fn what_is_not_acknowledged_or_did_not_fit_stands_in_the_way() {
    let mut cluster = Cluster::new(8);
    cluster.lane_bytes_max = 64 << 10;
    let mut cluster = with_a_session(cluster);
    cluster.start(2);
    cluster.settle();
    assert_eq!(obstacle(&cluster, 1), None);
    cluster.cut = vec![(1, 2)];
    let session = cluster.create(1);
    session.set("n", Value::string(&"x".repeat(50_000))).unwrap();
    cluster.complete(1, &session);
    assert!(matches!(obstacle(&cluster, 1), Some(Obstacle::Unacknowledged(_, 50_000..))));
    let session = cluster.create(1);
    session.set("n", Value::string(&"x".repeat(50_000))).unwrap();
    cluster.complete(1, &session);
    assert!(matches!(obstacle(&cluster, 1), Some(Obstacle::PeerBehind(_, Behind::Sessions(1)))));
    assert!(!cluster.node(1).standing().is_handed_over());
    cluster.cut.clear();
    cluster.deliver();
    assert_eq!(obstacle(&cluster, 1), None, "what did not fit has been sent");
}
