//! The nine steps: the story that a session survives its server, in the simulated world, over its real bytes.
//!
//! | | step | what is checked |
//! |---|---|---|
//! | 1 | A starts | it holds the (empty) state |
//! | 2 | B starts | each sends to the other |
//! | 3 | A makes session S1, a user logs in | the login changes the id |
//! | 4 | A is killed | at once, with all that it held |
//! | 5 | B serves S1 | the same attributes, the user is logged in |
//! | 6 | A starts again | it took the state from B |
//! | 7 | A ends S1 | B has dropped it |
//! | 8 | B makes S2 | A has it |
//! | 9 | S2 expires | on both |

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use outlive_node::{Context, Delivery, SessionRef, User};
use outlive_serial::Value;
use outlive_tribes_proto::time::Now;

use crate::event::HostId;
use crate::process::Process;
use crate::scenario::Scenario;
use crate::trace::Trace;
use crate::world::World;

const A: HostId = 0;
const B: HostId = 1;

/// How long a node may take to learn something by itself.
const LEARNING_MAX: Duration = Duration::from_secs(12);

/// Plays the story in the network of a seed. What it does is the same each time.
///
/// # Errors
/// A step in which something else is found than what the story tells.
pub fn play(seed: u64, is_static: bool, is_synchronous: bool, trace: &mut Trace) -> Result<()> {
    let mut random = fastrand::Rng::with_seed(seed);
    let scenario = Scenario { hosts: 2, is_static, is_synchronous, ..Scenario::draw(&mut random) };
    let scenario = Scenario { skews_ms: vec![0, -90_000], lane_bytes_max: 64 << 20, ..scenario };
    let mut story = Story { world: World::new(scenario, random, trace) };
    story.world.calm_down();
    story.tell()
}

struct Story<'a> {
    world: World<'a>,
}

impl Story<'_> {
    fn tell(&mut self) -> Result<()> {
        self.world.start(A);
        self.learn("A holds the state", |world| ready(world, A))?;
        self.world.start(B);
        self.learn("each sends to the other", |world| world.is_whole())?;

        let s1 = self.request(A, None, |_, _, session| Ok(session.set("n", Value::integer(-7)).map(drop)?))?;
        let login = |context: &Context, now: Now, session: &SessionRef| {
            session.set_user(Some(User::new("alice", ["user"])))?;
            context.change_id(now, session, [0x5a; 16]);
            Ok(())
        };
        let first = self.request(A, Some(&s1), login)?;
        ensure!(first.split('.').next() != s1.split('.').next(), "the login did not change the id");

        let a = self.world.processes().find(|process| process.id.host == A).map(|process| process.id);
        self.world.crash(a.context("A runs")?);
        let second = self.request(B, Some(&first), |_, _, session| {
            ensure!(session.attributes() == [("n".to_owned(), Value::integer(-7))], "{:?}", session.attributes());
            ensure!(session.user().is_some_and(|user| user.name == "alice"), "{:?}", session.user());
            Ok(())
        })?;
        ensure!(second.ends_with(".node1"), "B's route stands in the id: {second}");

        self.world.start(A);
        self.learn("A took the state from B", |world| world.is_whole() && holds(world, A) == 1)?;
        self.request(A, Some(&second), |context, now, session| {
            context.invalidate(now, session);
            Ok(())
        })?;
        ensure!(holds(&self.world, A) == 0, "A still has S1");
        ensure!(holds(&self.world, B) == 0, "B still has S1");

        let s2 = self.request(B, None, |_, _, _| Ok(()))?;
        self.request(A, Some(&s2), |_, _, session| Ok(session.set_max_inactive(2)?))?;
        self.learn("S2 has expired on both", |world| holds(world, A) + holds(world, B) == 0)
    }

    /// Waits until something has come about by itself.
    fn learn(&mut self, what: &str, is_so: impl FnMut(&World<'_>) -> bool) -> Result<()> {
        let end = self.world.kernel.now + LEARNING_MAX;
        ensure!(self.world.run_until(end, is_so), "not so: {what}");
        Ok(())
    }

    /// One request, from the cookie to the answer; gives the cookie for the next one.
    fn request(
        &mut self,
        host: HostId,
        cookie: Option<&str>,
        handler: impl FnOnce(&Context, Now, &SessionRef) -> Result<()>,
    ) -> Result<String> {
        let now = self.world.kernel.clock(host);
        let context = self.world.processes().find(|process| process.id.host == host).map(context).context("it runs")?;
        let session = match cookie {
            Some(cookie) => {
                let session = context.find(now, cookie).with_context(|| format!("host {host} has no {cookie}"))?;
                context.take_over(now, &session, cookie);
                session
            }
            None => context.create(now, self.world.kernel.random.u128(..).to_be_bytes()),
        };
        handler(&context, now, &session)?;
        let delivery = context.complete(now, &session);
        self.world.step(host);
        match delivery {
            // Nobody waits: the next request comes when all is told.
            Delivery::Nothing | Delivery::Queued => {
                self.learn("what was changed is told", |world| world.processes().all(Process::is_idle))?;
            }
            Delivery::Await(_) if !self.world.scenario.is_synchronous => bail!("waits although nobody asked for it"),
            Delivery::Await(confirmed) => self.learn("the peers confirm", |_| confirmed.is_complete())?,
        }
        Ok(session.id())
    }
}

fn context(process: &Process) -> Arc<Context> {
    Arc::clone(&process.context)
}

fn ready(world: &World<'_>, host: HostId) -> bool {
    world.processes().any(|process| process.id.host == host && process.context.is_ready())
}

fn holds(world: &World<'_>, host: HostId) -> usize {
    world.processes().filter(|process| process.id.host == host).map(|process| process.context.len()).sum()
}
