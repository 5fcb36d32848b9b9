//! What passed between real Tomcats, given to a node of ours that listens: it must come to hold what the Tomcats' clients were told.
//!
//! The listener is a member to which everything is sent, whoever it was meant for. After each request, and at the end, it is compared
//! with the answers that the scenario recorded. What was done while only one Tomcat ran went to nobody; it is compared as soon as that
//! Tomcat has given its state to another.

mod facts;
mod listener;

use outlive_tribes_proto::interceptor::InterceptorStack;
use serde_json::Value as Json;

use crate::scenario::{Scenario, scenarios};
use facts::Facts;
use listener::Listener;

/// How long after a request the Tomcats have told each other of it, in ms. What comes later, as a session's end, is no part of it.
const TOLD_WITHIN: usize = 900;

/// When a step was done, in ms since the capture began.
fn at(event: &Json) -> usize {
    event["ms"].as_u64().unwrap().try_into().unwrap()
}

/// Plays one scenario to a node with these interceptors, and gives the number of sessions that were compared.
pub(crate) fn replayed(scenario: &Scenario, stack: InterceptorStack) -> usize {
    let mut listener = Listener::new(scenario.facts["context"].as_str().unwrap(), stack);
    let mut facts = Facts::default();
    let mut messages = scenario.messages().into_iter().peekable();
    let events = scenario.facts["events"].as_array().unwrap();
    let mut compared = 0;
    for (number, event) in events.iter().enumerate() {
        facts.add(event);
        let mut until = events.get(number + 1).map_or(usize::MAX, at);
        if event["answer"].is_object() {
            until = until.min(at(event) + TOLD_WITHIN);
        }
        while let Some(message) = messages.next_if(|message| message.ms < until) {
            listener.hear(&message);
        }
        if facts.nodes_running() > 1 {
            compared += facts.compare(&listener, &format!("{} after {}", scenario.name, event["step"]));
        }
    }
    for message in messages {
        listener.hear(&message);
    }
    assert_eq!(listener.refused(), 0, "{}", scenario.name);
    for (node, held) in scenario.facts["at_the_end"].as_object().unwrap() {
        if scenario.name.starts_with("mutate") && node == "a" {
            // It alone has the value that was changed in place: no message ever said so.
            continue;
        }
        compared += facts.compare_end(&listener, held, &format!("{} at the end, {node}", scenario.name));
    }
    compared
}

#[test]
fn a_listener_comes_to_hold_what_clients_were_told() {
    let compared: Vec<(String, usize)> = scenarios()
        .iter()
        .map(|scenario| (scenario.name.clone(), replayed(scenario, InterceptorStack::standard())))
        .collect();
    for (name, number) in &compared {
        let nothing_to_see = name.starts_with("multicast") || name == "state-0-8";
        assert_eq!(*number == 0, nothing_to_see, "{name}: {number} sessions compared");
    }
    assert_eq!(compared.iter().map(|(_, number)| number).sum::<usize>(), 304);
}

/// Plays one scenario to a node that cannot understand it. How many messages it refused, and how many sessions it then holds.
pub(crate) fn refused(scenario: &Scenario, stack: InterceptorStack) -> (u64, usize) {
    let mut listener = Listener::new(scenario.facts["context"].as_str().unwrap(), stack);
    scenario.messages().iter().for_each(|message| listener.hear(message));
    (listener.refused(), listener.len())
}
