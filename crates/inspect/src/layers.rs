//! What interceptors did to a message, undone.
//!
//! | layer | bytes |
//! |---|---|
//! | gzip | the message as gzip data |
//! | fragment | message · `00`, or a part of it · i32 index · i32 count · `01` |
//! | order | message · i32 number |
//! | encrypt | initial vector · ciphertext |
//!
//! What the lowest interceptor of a stack did is outermost, and undone first. Some bytes pass no interceptor at all: probes, and what
//! static members say of themselves.
//!
//! Source: Tomcat's `GzipInterceptor`, `FragmentationInterceptor`, `OrderInterceptor`, `EncryptInterceptor`.

use bytes::Bytes;
use outlive_tribes_proto::interceptor::encrypt::EncryptionKey;
use outlive_tribes_proto::interceptor::{gzip, static_membership, tcp_failure_detector, tcp_ping};
use outlive_tribes_proto::wire::channel_data::ChannelData;
use outlive_tribes_proto::wire::frame::LIMIT_DEFAULT;

mod encrypt;
mod fragments;
mod guess;
mod stack;

pub use stack::{Layer, Stack, UnknownLayer};

use crate::fault;
use crate::record::Record;
use encrypt::Decryption;
use fragments::{Fragments, Part};
use guess::Guess;

/// A message of fewer bytes is no encrypted one: an initial vector, a time and a tag.
const ENCRYPTED_MIN: usize = 12 + 8 + 16;

/// Undoes the layers of one input.
#[derive(Debug)]
pub(crate) struct Layers {
    given: Option<Stack>,
    guess: Guess,
    key: Option<Decryption>,
    fragments: Fragments,
}

/// What became of a message.
#[derive(Debug)]
pub(crate) enum Undone {
    /// The message as it was sent, and the layers' names, the last one last; `is_opaque`: it is still encrypted, or no interceptor's affair.
    Whole { message: Bytes, layers: Vec<String>, is_opaque: bool },
    /// A part, which is kept until the others are there.
    Part,
    /// A layer that cannot be undone, and why.
    Stuck { message: Bytes, layers: Vec<String>, fault: String },
}

impl Layers {
    pub(crate) fn new(given: Option<Stack>, key: Option<&EncryptionKey>) -> Self {
        let key = key.map(Decryption::new);
        Layers { given, guess: Guess::default(), key, fragments: Fragments::default() }
    }

    /// Undoes what can be undone of a message that stands at `offset`. Parts that are given up come out as errors.
    pub(crate) fn undo<E>(
        &mut self,
        offset: u64,
        length: u64,
        data: &ChannelData,
        sink: &mut impl FnMut(Record) -> Result<(), E>,
    ) -> Result<Undone, E> {
        let (mut message, mut layers) = (data.message.clone(), Vec::new());
        // The outermost layer is first here.
        let mut left = self.stack(&message, data);
        let (mut done, mut is_encrypted) = (Vec::new(), false);
        let undone = loop {
            if passed_by(&message) || left.is_empty() {
                break None;
            }
            let layer = left.remove(0);
            done.push(layer);
            let step = match layer {
                Layer::Gzip => self.gzip(&message, data, &done[..done.len() - 1]),
                Layer::Order => order(&message),
                Layer::Encrypt => match self.key.as_ref().map(|key| key.decrypt(&message, data.timestamp.0)) {
                    Some(Some(content)) => Ok(Some((content, "encrypt".into()))),
                    other => {
                        layers.push("encrypt".to_owned());
                        is_encrypted = true;
                        // Without a key nothing is wrong.
                        break other.map(|_| fault::expected("a message encrypted with this key", &message, 0));
                    }
                },
                Layer::Fragment => match fragments::split(&message) {
                    Err(fault) => Err(fault),
                    Ok(Part::Whole(message)) => Ok(Some((message, "fragment 1/1".into()))),
                    Ok(Part::Piece { piece, index, count }) => {
                        let name = format!("fragment {}/{count}", index + 1);
                        match self.fragments.add(offset, length, data.id, &piece, index, count, sink)? {
                            None => return Ok(Undone::Part),
                            Some(whole) => {
                                if self.given.is_none() {
                                    left = self.guess.stack(&done, &whole, data, self.key.as_ref());
                                }
                                Ok(Some((whole, name)))
                            }
                        }
                    }
                },
            };
            match step {
                Ok(None) => {}
                Ok(Some((undone, name))) => {
                    message = undone;
                    layers.push(name);
                }
                Err(fault) => break Some(fault),
            }
        };
        layers.reverse();
        Ok(match undone {
            None => Undone::Whole { is_opaque: is_encrypted || passed_by(&message), message, layers },
            Some(fault) => Undone::Stuck { message, layers, fault },
        })
    }

    /// Says which messages never became whole in an input that ends at `end`.
    pub(crate) fn finish<E>(&mut self, end: u64, sink: &mut impl FnMut(Record) -> Result<(), E>) -> Result<(), E> {
        self.fragments.finish(end, sink)
    }

    fn stack(&mut self, message: &Bytes, data: &ChannelData) -> Vec<Layer> {
        match &self.given {
            Some(stack) => stack.lowest_first().collect(),
            None => self.guess.stack(&[], message, data, self.key.as_ref()),
        }
    }

    fn gzip(&self, message: &Bytes, data: &ChannelData, below: &[Layer]) -> Step {
        if !data.options.contains(gzip::COMPRESSED) && !gzip::is_compressed(message) {
            return Ok(None);
        }
        let content =
            inflated(message).or_else(|| without_strays(below, message).find_map(|message| inflated(&message)));
        let content = content.ok_or_else(|| fault::expected("gzip data", message, 0))?;
        Ok(Some((content, "gzip".into())))
    }
}

/// So many destinations before this one have left a byte.
const STRAYS_MAX: usize = 8;

/// A message without the bytes that a Tomcat may leave behind it, one after the other, if the layers `below` end as those that do so.
///
/// With order above fragment it appends the number and 00 for each destination, and takes only four bytes off again for the next: what is
/// left is the first byte of a number, which is 0. Who reads Java or gzip data does not look behind them, so other Tomcats notice nothing.
///
/// Source: Tomcat `OrderInterceptor.sendMessage`, `FragmentationInterceptor.sendMessage`.
fn without_strays<'a>(below: &[Layer], message: &'a Bytes) -> impl Iterator<Item = Bytes> + 'a {
    let most = if below.ends_with(&[Layer::Fragment, Layer::Order]) { STRAYS_MAX } else { 0 };
    let strays = message.iter().rev().take(most).take_while(|byte| **byte == 0).count();
    (1..=strays).map(|strays| message.slice(..message.len() - strays))
}

/// What gzip data hold, if they end where the message ends, and hold no more than a frame may.
fn inflated(message: &Bytes) -> Option<Bytes> {
    gzip::inflate(message, LIMIT_DEFAULT).ok()
}

/// What a layer gives: the bytes inside and its name, nothing if it did nothing, or what is wrong.
type Step = Result<Option<(Bytes, String)>, String>;

fn order(message: &Bytes) -> Step {
    match numbered(message) {
        Some((content, number)) => Ok(Some((content, format!("order {number}")))),
        None => Err(fault::expected("a number behind the message", message, message.len())),
    }
}

/// What stands before a number, and the number.
fn numbered(message: &Bytes) -> Option<(Bytes, i32)> {
    let number = message.last_chunk::<4>()?;
    Some((message.slice(..message.len() - 4), i32::from_be_bytes(*number)))
}

/// Whether nothing was done to a message, since it is sent below all that changes bytes.
fn passed_by(message: &[u8]) -> bool {
    let known =
        [&tcp_failure_detector::PROBE[..], &tcp_ping::PING[..], static_membership::START, static_membership::STOP];
    known.contains(&message)
}
