//! From what was written to what it means, one element at a time: attributes to settings, notices for what has no effect, faults for what
//! cannot be.

use std::collections::{BTreeMap, BTreeSet};

use crate::problem::{ConfigError, Fault, Level, Notice, Place, cut};
use crate::raw::{Attribute, Element, is_called};
use crate::setting::{Effect, Setting, Settings};

/// How close a name must be to a known one to be told as what may be meant (1: the same).
const CLOSE: f64 = 0.75;

/// How many names of elements are listed where none is near: more say nothing to anybody.
const LISTED_MAX: usize = 24;

/// How many notices, or faults, are told: nobody reads more.
const TOLD_MAX: usize = 1000;

/// Whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Tomcat's names, whole names of classes.
    Tomcat,
    /// The keys of outlive.toml, classes by the last part of their names.
    Native,
}

/// What an element's class is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class<'a> {
    /// A known one, by its last part.
    Known(&'static str),
    /// None is given.
    Missing,
    /// One that is not known.
    Unknown(&'a str),
}

/// Collects what is to be said.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) style: Style,
    pub(crate) notices: Vec<Notice>,
    pub(crate) faults: Vec<Fault>,
}

impl Reader {
    pub(crate) fn new(style: Style) -> Self {
        Self { style, notices: Vec::new(), faults: Vec::new() }
    }

    /// What there is to say, or what is wrong: once each, file by file as they were read, in the order of their lines.
    pub(crate) fn finish(self) -> Result<Vec<Notice>, ConfigError> {
        if self.faults.is_empty() {
            return Ok(in_order(self.notices, |notice| (&notice.place, &notice.text)));
        }
        Err(ConfigError { faults: in_order(self.faults, |fault| (&fault.place, &fault.text)) })
    }

    /// Names that only Tomcat's files have: none in a file of ours.
    pub(crate) fn of_tomcat<'n>(&self, names: &'n [&'n str]) -> &'n [&'n str] {
        if self.style == Style::Tomcat { names } else { &[] }
    }

    pub(crate) fn say(&mut self, level: Level, place: &Place, text: impl Into<String>) {
        if self.notices.len() < TOLD_MAX {
            self.notices.push(Notice { level, place: Some(place.clone()), text: text.into() });
        }
    }

    pub(crate) fn fault(&mut self, place: &Place, text: impl Into<String>) {
        if self.faults.len() < TOLD_MAX {
            self.faults.push(Fault { place: Some(place.clone()), text: text.into() });
        }
    }

    /// Gives each attribute to the first of `targets` that has such a setting.
    pub(crate) fn settings(&mut self, element: &Element, targets: &mut [&mut dyn Settings]) {
        self.settings_but(element, targets, &[]);
    }

    /// The same, where attributes of the names in `others` are read by somebody else.
    pub(crate) fn settings_but(&mut self, element: &Element, targets: &mut [&mut dyn Settings], others: &[&str]) {
        for target in targets.iter_mut() {
            target.origin_mut().note_element(&element.path, &element.place);
        }
        for attribute in &element.attributes {
            let name = attribute.name.as_str();
            let class = match self.style {
                // Tomcat's reader never tells of these.
                Style::Tomcat => name == "className" || name == "optional",
                Style::Native => name == "class",
            };
            if class || others.iter().any(|other| is_called(name, other)) {
                continue;
            }
            let found = targets.iter_mut().find_map(|target| {
                let setting = target.element().settings.iter().find(|setting| self.is_called(setting, name))?;
                Some((target, setting))
            });
            match found {
                Some((target, setting)) => self.setting(element, attribute, *target, setting),
                None => {
                    let known = targets.iter().flat_map(|target| target.element().settings);
                    let known: Vec<_> = known.filter_map(|setting| self.name(setting)).collect();
                    let known = || known.iter().copied().chain(others.iter().copied());
                    let near = match without_mcast(name) {
                        Some(rest) => nearest(rest, known()),
                        None => nearest(name, known()),
                    };
                    let text = format!("{}: there is no attribute {}{}", element.path, cut(name), meant(near));
                    self.say(Level::Warning, &attribute.place, text);
                }
            }
        }
    }

    fn name(&self, setting: &Setting) -> Option<&'static str> {
        match self.style {
            Style::Tomcat => Some(setting.name).filter(|name| !name.is_empty()),
            Style::Native => setting.key.map(|key| key.trim_start_matches("r#")),
        }
    }

    fn is_called(&self, setting: &Setting, name: &str) -> bool {
        match self.style {
            Style::Tomcat => setting.is_called(name),
            Style::Native => self.name(setting) == Some(name),
        }
    }

    fn setting(
        &mut self,
        element: &Element,
        attribute: &Attribute,
        target: &mut dyn Settings,
        setting: &'static Setting,
    ) {
        let (name, value) = (attribute.name.as_str(), attribute.value.as_str());
        let before = setting.key.and_then(|key| target.get(key));
        let set = match setting.key {
            Some(key) => target.set(key, value),
            None => (setting.check)(value, &setting.rule),
        };
        if let Err(allowed) = set {
            let shown = if setting.kind.is_secret() { "(hidden)".to_owned() } else { shown(value) };
            let text = format!("{}: {name}={shown} is impossible: it must be {allowed}", element.path);
            self.fault(&attribute.place, text);
            return;
        }
        if let Some(key) = setting.key {
            target.origin_mut().note(key, name, &attribute.place);
        }
        let is_default = match setting.key {
            Some(key) => target.get(key) == before,
            None => value.eq_ignore_ascii_case(setting.default),
        };
        if setting.effect == Effect::Noticed && !is_default {
            let doc = setting.doc_text();
            let level = if setting.key.is_some() { Level::Notice } else { Level::Detail };
            self.say(level, &attribute.place, format!("{}: {name} has no effect here. {doc}", element.path));
        }
    }

    /// The class of an element, among those with these whole names.
    pub(crate) fn class<'a>(&self, element: &'a Element, known: &[&'static str]) -> Class<'a> {
        let written = match self.style {
            Style::Tomcat => element.attribute("className"),
            Style::Native => element.attribute("class"),
        };
        let Some(written) = written else { return Class::Missing };
        let found = known.iter().find(|whole| match self.style {
            Style::Tomcat => **whole == written,
            Style::Native => **whole == written || last_part(whole) == written,
        });
        found.map_or(Class::Unknown(written), |whole| Class::Known(last_part(whole)))
    }

    /// Says that there is no such class, and what may be meant.
    pub(crate) fn refuse_class(&mut self, element: &Element, class: Class<'_>, known: &[&'static str]) {
        let attribute = if self.style == Style::Tomcat { "className" } else { "class" };
        let allowed = match self.style {
            Style::Tomcat => known.join(", "),
            Style::Native => known.iter().map(|class| last_part(class)).collect::<Vec<_>>().join(", "),
        };
        let text = match class {
            Class::Unknown(written) => {
                format!("{}: {attribute}={} is impossible: it must be one of {allowed}", element.path, shown(written))
            }
            _ => format!("{} must have a {attribute}: one of {allowed}", element.path),
        };
        self.fault(&element.place, text);
    }

    /// Tells of children with names that nobody knows here.
    pub(crate) fn children(&mut self, element: &Element, known: &[&str]) {
        for name in element.none_of.iter().filter(|name| !known.contains(&name.as_str())) {
            let text = format!("{}: there is no {} in it", element.path, cut(&key_of(name)));
            self.say(Level::Warning, &element.place, text);
        }
        for child in &element.children {
            if !known.contains(&child.name.as_str()) {
                let (name, last) = match self.style {
                    Style::Tomcat => (cut(&child.name), child.name.clone()),
                    Style::Native => (child.path.to_string(), key_of(&child.name)),
                };
                let known: Vec<_> = known.iter().map(|known| self.child_name(known)).collect();
                let near = nearest(&last, known.iter().map(String::as_str));
                let hint = match (near, known.len()) {
                    (None, 0) => "; nothing stands in it".to_owned(),
                    (None, 1..=LISTED_MAX) => format!("; in it stand {}", known.join(", ")),
                    (near, _) => meant(near),
                };
                let text = if element.path.is_empty() {
                    format!("there is no {name}{hint}")
                } else {
                    format!("{}: there is no {name} in it{hint}", element.path)
                };
                self.say(Level::Warning, &child.place, text);
            }
        }
    }

    fn child_name(&self, name: &str) -> String {
        if self.style == Style::Tomcat { name.to_owned() } else { key_of(name) }
    }
}

fn in_order<T>(told: Vec<T>, of: impl Fn(&T) -> (&Option<Place>, &String)) -> Vec<T> {
    let mut files = BTreeMap::new();
    let mut said = BTreeSet::new();
    let mut ordered = Vec::new();
    for one in told {
        let (place, text) = of(&one);
        let next = files.len();
        let file = *files.entry(place.as_ref().map(|place| place.file.clone())).or_insert(next);
        let line = place.as_ref().map(|place| (place.line, place.column));
        if said.insert((file, line, text.clone())) {
            ordered.push(((file, line), one));
        }
    }
    ordered.sort_by_key(|(place, _)| *place);
    ordered.into_iter().map(|(_, one)| one).collect()
}

/// `SessionIdGenerator` is `session_id_generator`.
pub(crate) fn key_of(name: &str) -> String {
    let mut key = String::new();
    for (at, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && at > 0 {
            key.push('_');
        }
        key.push(letter.to_ascii_lowercase());
    }
    key
}

/// The last part of a class's name.
pub(crate) fn last_part(class: &str) -> &str {
    class.rsplit('.').next().unwrap_or(class)
}

/// A value in quotes, cut where it is long.
pub(crate) fn shown(value: &str) -> String {
    format!("\"{}\"", cut(value))
}

/// Old names of a McastService's attributes, and the documentation's, begin so: `mcastAddr` is `address`.
fn without_mcast(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("mcast").or_else(|| name.strip_prefix("Mcast"))?;
    Some(rest.trim_start_matches('_')).filter(|rest| !rest.is_empty())
}

fn meant(near: Option<String>) -> String {
    near.map_or_else(String::new, |near| format!("; is {near} meant?"))
}

/// The known name that is most like this one, if any is.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    // A name of a few hundred letters is no slip.
    if name.len() > 200 {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    let close = known.map(|known| (strsim::jaro_winkler(&lower, &known.to_ascii_lowercase()), known));
    let best = close.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (best.0 >= CLOSE).then(|| best.1.to_owned())
}
