//! The table of settings: one entry for each, and the struct that holds its value.

use super::{Kind, Rule, Written};
use crate::origin::Origin;
use crate::raw::is_called;

/// Whether a setting changes what a node does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It does.
    Works,
    /// It is accepted, and who sets it to something else than its default is told that it has no effect.
    Noticed,
}

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// Tomcat's name of the attribute (in web.xml: of the element); empty where a Tomcat has none.
    pub name: &'static str,
    /// Other names that mean the same.
    pub aliases: &'static [&'static str],
    /// Its key in outlive.toml; `None` for what has no meaning there.
    pub key: Option<&'static str>,
    /// The type of its value.
    pub kind: Kind,
    /// Which values are possible.
    pub rule: Rule,
    /// Whether it has an effect.
    pub effect: Effect,
    /// Its default, where the model does not hold it.
    pub default: &'static str,
    /// What it does, line by line.
    pub doc: &'static [&'static str],
    /// Looks at a value without keeping it.
    pub check: fn(&str, &Rule) -> Result<(), String>,
}

impl Setting {
    /// Whether a Tomcat would take `name` for this attribute: the first letter may be either case.
    pub fn is_called(&self, name: &str) -> bool {
        std::iter::once(&self.name).chain(self.aliases).any(|own| is_called(name, own))
    }

    /// What it does, as one text.
    pub fn doc_text(&self) -> String {
        joined(self.doc)
    }
}

/// The settings of one element.
#[derive(Debug)]
pub struct Element {
    /// Tomcat's name of the element, or the class that it has.
    pub name: &'static str,
    /// What it is, line by line.
    pub doc: &'static [&'static str],
    /// In the order of the reference.
    pub settings: &'static [Setting],
}

impl Element {
    /// What it is, as one text.
    pub fn doc_text(&self) -> String {
        joined(self.doc)
    }
}

/// Lines of a doc comment as one text.
fn joined(lines: &[&str]) -> String {
    let lines: Vec<_> = lines.iter().map(|line| line.trim()).collect();
    lines.join(" ").trim().to_owned()
}

/// A struct that holds the values of an element's settings.
pub trait Settings {
    /// What they are.
    fn element(&self) -> &'static Element;

    /// Sets the one with this key.
    ///
    /// # Errors
    /// What is allowed; nothing was changed.
    fn set(&mut self, key: &str, text: &str) -> Result<(), String>;

    /// The value of the one with this key, as it would be written.
    fn get(&self, key: &str) -> Option<Written>;

    /// Where they were written.
    fn origin(&self) -> &Origin;

    /// The same, to be noted.
    fn origin_mut(&mut self) -> &mut Origin;
}

/// Defines the struct of an element's settings, and its table.
///
/// `field: Type = default, "attribute" | "alias", rule;` — with `, noticed` before the `;` for what has no effect. `nested` are fields for
/// child elements. `ignored` are attributes without a field: `"attribute": Type, rule, "default", "what it is";`.
macro_rules! settings {
    (
        $(#[doc = $about:literal])+
        pub struct $name:ident in $element:literal {
            $( $(#[doc = $doc:literal])+ $field:ident : $type:ty = $default:expr, $attribute:literal $(| $alias:literal)*, $rule:expr $(, $noticed:ident)? ; )*
        }
        $( nested { $( $(#[doc = $child_doc:literal])+ $child:ident : $child_type:ty = $child_default:expr; )* } )?
        $( ignored { $( $other:literal $(| $other_alias:literal)* : $other_type:ty, $other_rule:expr, $other_default:literal, $other_doc:literal; )* } )?
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $( $(#[doc = $doc])+ pub $field: $type, )*
            $( $( $(#[doc = $child_doc])+ pub $child: $child_type, )* )?
            /// Where this was written.
            pub origin: $crate::Origin,
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $( $field: $default, )* $( $( $child: $child_default, )* )? origin: $crate::Origin::default() }
            }
        }

        impl $name {
            /// Its settings.
            pub const ELEMENT: &'static $crate::setting::Element = &$crate::setting::Element {
                name: $element,
                doc: &[$($about),+],
                settings: &[
                    $( $crate::setting::Setting {
                        name: $attribute,
                        aliases: &[$($alias),*],
                        key: Some(stringify!($field)),
                        kind: <$type as $crate::setting::Value>::KIND,
                        rule: $rule,
                        effect: $crate::setting::settings!(@effect $($noticed)?),
                        default: "",
                        doc: &[$($doc),+],
                        check: |text, rule| <$type as $crate::setting::Value>::read(text, rule).map(drop),
                    }, )*
                    $( $( $crate::setting::Setting {
                        name: $other,
                        aliases: &[$($other_alias),*],
                        key: None,
                        kind: <$other_type as $crate::setting::Value>::KIND,
                        rule: $other_rule,
                        effect: $crate::setting::Effect::Noticed,
                        default: $other_default,
                        doc: &[$other_doc],
                        check: |text, rule| <$other_type as $crate::setting::Value>::read(text, rule).map(drop),
                    }, )* )?
                ],
            };
        }

        impl $crate::setting::Settings for $name {
            fn element(&self) -> &'static $crate::setting::Element {
                Self::ELEMENT
            }

            #[allow(unused_variables, reason = "an element may have no setting of its own")]
            fn set(&mut self, key: &str, text: &str) -> Result<(), String> {
                $( if key == stringify!($field) {
                    self.$field = <$type as $crate::setting::Value>::read(text, &$rule)?;
                } )*
                Ok(())
            }

            #[allow(unused_variables, reason = "an element may have no setting of its own")]
            fn get(&self, key: &str) -> Option<$crate::setting::Written> {
                $( if key == stringify!($field) {
                    return $crate::setting::Value::write(&self.$field, &$rule);
                } )*
                None
            }

            fn origin(&self) -> &$crate::Origin {
                &self.origin
            }

            fn origin_mut(&mut self) -> &mut $crate::Origin {
                &mut self.origin
            }
        }
    };
    (@effect) => { $crate::setting::Effect::Works };
    (@effect noticed) => { $crate::setting::Effect::Noticed };
}

/// Defines an enum whose variants are words of a setting.
macro_rules! choice {
    ( $(#[doc = $about:literal])+ pub enum $name:ident { $( $(#[doc = $doc:literal])+ $variant:ident = $word:literal, )+ } ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $( $(#[doc = $doc])+ $variant, )+ }

        impl $name {
            /// The word for it.
            pub const fn word(self) -> &'static str {
                match self { $( $name::$variant => $word, )+ }
            }
        }

        impl $crate::setting::Value for $name {
            const KIND: $crate::setting::Kind = $crate::setting::Kind::Choice(&[$($word),+]);

            fn read(text: &str, _: &$crate::setting::Rule) -> Result<Self, String> {
                $( if text.eq_ignore_ascii_case($word) { return Ok($name::$variant); } )+
                Err(format!("one of {}", [$($word),+].join(", ")))
            }

            fn write(&self, _: &$crate::setting::Rule) -> Option<$crate::setting::Written> {
                Some($crate::setting::Written::Text(self.word().to_owned()))
            }
        }
    };
}

pub(crate) use {choice, settings};
