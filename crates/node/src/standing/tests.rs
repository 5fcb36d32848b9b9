use outlive_tribes_proto::Abilities;

use super::*;

fn peer(port: u16) -> PeerStanding {
    PeerStanding {
        address: SocketAddr::from(([10, 0, 0, 1], port)),
        kind: PeerKind::Outlive { version: 1, abilities: Abilities::HOLDS_STATE, boot: [0; 8], health_port: 0 },
        holds_state: true,
        leaves: false,
        stalled: false,
        unacknowledged_bytes: 0,
        behind: Behind::Nothing,
    }
}

fn among(peers: Vec<PeerStanding>) -> Standing {
    Standing { holds_state: true, leaving: false, sessions: 7, peers }
}

/// The sentence of the obstacle, or that there is none.
fn told(standing: &Standing) -> String {
    standing.obstacle().map_or_else(|| "yes".to_owned(), |obstacle| obstacle.to_string())
}

#[test]
fn a_node_with_a_ready_neighbour_may_go() {
    assert_eq!(told(&among(vec![peer(1)])), "yes");
    assert_eq!(told(&among(vec![peer(1), peer(2)])), "yes");
}

#[test]
fn each_thing_that_would_be_lost_stands_in_the_way() {
    let one = |change: fn(&mut PeerStanding)| {
        let mut changed = peer(2);
        change(&mut changed);
        let standing = among(vec![peer(1), changed]);
        assert!(standing.has_heir(), "the other one has all");
        told(&standing)
    };
    assert_eq!(one(|peer| peer.holds_state = false), "member 10.0.0.1:2 is still taking the cluster's state");
    assert_eq!(one(|peer| (peer.holds_state, peer.leaves) = (false, true)), "member 10.0.0.1:2 is leaving");
    assert_eq!(one(|peer| peer.unacknowledged_bytes = 9), "member 10.0.0.1:2 has not acknowledged 9 bytes yet");
    assert_eq!(
        one(|peer| peer.behind = Behind::Sessions(3)),
        "member 10.0.0.1:2 is behind: 3 sessions are to be sent again"
    );
    assert_eq!(
        one(|peer| peer.behind = Behind::Unknown),
        "member 10.0.0.1:2 is behind: all sessions are to be sent again"
    );
    let hangs = |peer: &mut PeerStanding| (peer.stalled, peer.unacknowledged_bytes) = (true, 9);
    assert_eq!(one(hangs), "member 10.0.0.1:2 acknowledges nothing, and 9 bytes wait for it");
    assert_eq!(one(|peer| peer.stalled = true), "yes", "it hangs, and nothing waits for it");
}

#[test]
fn what_the_node_itself_is_doing_comes_first() {
    assert_eq!(
        told(&Standing { holds_state: false, ..among(vec![peer(1)]) }),
        "it is still taking the cluster's state"
    );
    assert_eq!(told(&Standing { leaving: true, ..among(vec![peer(1)]) }), "it is leaving already");
}

#[test]
fn the_last_node_keeps_its_sessions() {
    let alone = among(Vec::new());
    assert_eq!(told(&alone), "no other member is there: the sessions that it holds (7) would end with it");
    assert_eq!(told(&Standing { sessions: 0, ..alone.clone() }), "yes", "there is nothing to lose");
    assert!(alone.is_handed_over() && !alone.has_heir(), "nobody is to be waited for, and nobody has them");
    let hung = PeerStanding { stalled: true, ..peer(1) };
    assert_eq!(told(&among(vec![hung])), "no other member acknowledges anything");
}

#[test]
fn a_node_that_leaves_waits_for_all_that_acknowledge_and_for_an_heir() {
    let late = PeerStanding { unacknowledged_bytes: 1, ..peer(2) };
    let hung = PeerStanding { stalled: true, ..late.clone() };
    let joining = PeerStanding { holds_state: false, ..peer(3) };
    assert!(among(vec![peer(1)]).is_handed_over());
    assert!(!among(vec![peer(1), late.clone()]).is_handed_over());
    assert!(among(vec![peer(1), hung.clone()]).is_handed_over(), "one that hangs is not waited for");
    assert!(!among(vec![joining.clone()]).is_handed_over(), "nobody holds the state yet");
    assert!(among(vec![joining.clone(), peer(1)]).is_handed_over());
    let leaving = PeerStanding { leaves: true, ..joining.clone() };
    assert!(among(vec![leaving.clone()]).is_handed_over(), "all go at once: nobody will ever hold the state");
    assert!(!among(vec![leaving, joining]).is_handed_over());
    let standing = among(vec![peer(1), hung.clone()]);
    assert_eq!(standing.unreached().collect::<Vec<_>>(), [&hung]);
}
