use super::*;

fn host(last: u8) -> IpAddr {
    [10, 0, 0, last].into()
}

/// An intake whose connections are named by host and number, such as "9/3".
struct Rig(Intake<String>);

impl Rig {
    fn new(connections_max: usize, per_host: usize, strangers_max: usize) -> Self {
        Rig(Intake::new(ReceiverLimits {
            connections_max,
            connections_per_host_max: per_host,
            strangers_max,
            strangers_bytes_max: 100,
            unconfirmed_bytes_max: 150,
            unfinished_bytes_max: 200,
            ..ReceiverLimits::default()
        }))
    }

    /// The id of the new connection, and what happened to another.
    fn open(&mut self, last: u8) -> (Option<ConnectionId>, String) {
        let mut opened = None;
        let result = self.0.admit(host(last), |id| {
            opened = Some(id);
            format!("{last}/{}", id.0)
        });
        let told = match result {
            Ok(None) => String::new(),
            Ok(Some(closed)) => format!("closes {closed}"),
            Err(TooManyConnections) => "refused".to_owned(),
        };
        (opened, told)
    }

    fn id(&mut self, last: u8) -> ConnectionId {
        self.open(last).0.expect("there is room")
    }
}

#[test]
fn a_crowd_makes_room_for_itself_and_for_others() {
    let mut rig = Rig::new(100, 100, 4);
    let told: Vec<_> = [9, 8, 9, 9, 9, 7, 9, 8].into_iter().map(|last| rig.open(last).1).collect();
    // Host 8 came early and has one: the crowd of host 9 pays, also for host 7.
    assert_eq!(told, ["", "", "", "", "closes 9/1", "closes 9/3", "closes 9/4", "closes 9/5"]);
}

#[test]
fn members_are_never_closed_for_strangers() {
    let mut rig = Rig::new(4, 3, 4);
    for last in [1, 1, 2] {
        let id = rig.id(last);
        rig.0.trust(id, Trust::Confirmed);
    }
    assert_eq!(rig.open(9).1, "");
    assert_eq!(rig.open(9).1, "closes 9/4");
    let third = rig.open(1).0.unwrap();
    rig.0.trust(third, Trust::Confirmed);
    assert_eq!(rig.open(1).1, "refused", "three of its host are enough");
    assert_eq!(rig.open(9).1, "refused", "all four are members'");
    rig.0.release(third);
    assert_eq!(rig.open(9).1, "");
}

#[test]
fn a_host_of_members_and_strangers_closes_its_own_strangers() {
    let mut rig = Rig::new(100, 2, 100);
    let member = rig.id(1);
    rig.0.trust(member, Trust::Confirmed);
    assert_eq!(rig.open(1).1, "");
    assert_eq!(rig.open(1).1, "closes 1/2");
}

#[test]
fn bytes_of_strangers_and_of_members_are_counted_apart() {
    let mut rig = Rig::new(100, 100, 100);
    let (a, b, c, member) = (rig.id(9), rig.id(9), rig.id(8), rig.id(1));
    assert_eq!(rig.0.hold(member, 60), None);
    rig.0.trust(member, Trust::Confirmed);
    assert_eq!(rig.0.hold(a, 40), None);
    assert_eq!(rig.0.hold(c, 45), None, "85 of 100: the member's 60 are not theirs");
    assert_eq!(rig.0.hold(b, 20), Some("9/1".into()), "host 9 holds 60 of 105; its first holds most");
    assert_eq!(rig.0.bytes, [65, 0, 60]);
    assert_eq!(rig.0.hold(member, 200), None);
    assert_eq!(rig.0.hold(member, 201), Some("1/4".into()), "alone beyond the limit");
    assert_eq!(rig.0.hold(a, 10), None, "it is closed already");
    for id in [b, c, a, member] {
        rig.0.release(id);
    }
    assert_eq!(rig.0.bytes, [0; 3]);
}

#[test]
fn members_that_acknowledge_nothing_take_room_from_each_other_alone() {
    let mut rig = Rig::new(100, 100, 100);
    let (forged, other, member, stranger) = (rig.id(9), rig.id(9), rig.id(1), rig.id(8));
    for id in [forged, other] {
        rig.0.trust(id, Trust::Member);
    }
    rig.0.trust(member, Trust::Confirmed);
    assert_eq!(rig.0.hold(member, 200), None);
    assert_eq!(rig.0.hold(stranger, 100), None);
    assert_eq!(rig.0.hold(forged, 100), None);
    assert_eq!(rig.0.hold(other, 51), Some("9/1".into()));
    rig.0.trust(other, Trust::Confirmed);
    rig.0.trust(other, Trust::Member);
    assert_eq!(rig.0.bytes, [100, 0, 251], "it has acknowledged something");
}

#[test]
fn letting_go_closes_nobody() {
    let mut rig = Rig::new(100, 100, 100);
    let (a, b) = (rig.id(9), rig.id(8));
    rig.0.hold(a, 100);
    rig.0.trust(b, Trust::Confirmed);
    rig.0.hold(b, 150);
    assert_eq!(rig.0.hold(b, 0), None);
    assert_eq!(rig.0.hold(a, 99), None);
}

#[test]
fn one_host_has_one_name() {
    let mut rig = Rig::new(100, 1, 100);
    rig.id(9);
    let mapped: IpAddr = "::ffff:10.0.0.9".parse().unwrap();
    assert_eq!(rig.0.admit(mapped, |_| "mapped".into()), Ok(Some("9/1".into())));
}

#[test]
fn strangers_have_less_time() {
    let limits = ReceiverLimits::default();
    assert_eq!(limits.frame_time(Trust::Member), Duration::from_secs(30));
    assert_eq!(limits.frame_time(Trust::Stranger), Duration::from_secs(10));
    let strict = ReceiverLimits { frame_patience: Duration::from_secs(1), ..limits };
    assert_eq!(strict.frame_time(Trust::Stranger), Duration::from_secs(1));
}
