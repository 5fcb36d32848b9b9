//! Values that are left out, told by name.

use outlive_session::{Unreadable, Why};

/// So many are told of one message or session at most: there may be one for every few bytes.
const TOLD_MAX: usize = 256;

/// A sentence about each value of a session (or whatever `place` names) that is not shown. Those behind one that breaks off are counted.
pub(crate) fn sentences(place: &str, unreadable: &[Unreadable]) -> Vec<String> {
    let (behind, named): (Vec<_>, Vec<_>) = unreadable.iter().partition(|value| value.why == Why::Behind);
    let mut sentences: Vec<_> = named.iter().take(TOLD_MAX).map(|value| sentence(place, value)).collect();
    if named.len() > TOLD_MAX {
        sentences.push(format!("in {place}: expected values, found {} more that are left out", named.len() - TOLD_MAX));
    }
    if !behind.is_empty() {
        let behind = behind.len();
        sentences.push(format!(
            "in {place}: expected {behind} more behind a value that breaks off, found no place to go on"
        ));
    }
    sentences
}

/// What is wrong with one value, and where.
pub(crate) fn sentence(place: &str, Unreadable { name, is_attribute, why }: &Unreadable) -> String {
    let value = if *is_attribute { format!("the attribute {name:?}") } else { name.clone() };
    match why {
        Why::Lost => format!("in {place}: expected the value of {value}, found its sender's exception"),
        Why::Refused(refused) => {
            let class = refused.class.as_ref().map(|class| format!(" ({class})")).unwrap_or_default();
            let fault = &refused.fault;
            format!("in {place}, at byte {}: {value} is left out{class}: {}", fault.offset, fault.kind())
        }
        Why::Broken(fault) => format!("in {place}, at byte {}: {value} breaks off: {}", fault.offset, fault.kind()),
        Why::Behind => format!("in {place}: {why}"),
    }
}
