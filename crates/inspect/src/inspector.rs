//! From bytes to records.

use outlive_tribes_proto::interceptor::encrypt::EncryptionKey;

use crate::detect::Format;
use crate::layers::Stack;
use crate::packets::{self, Packets};
use crate::record::Record;
use crate::store::Store;
use crate::wire::Wire;

/// What is known of the input beforehand.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// What the input is; `None`: found out from the first bytes.
    pub format: Option<Format>,
    /// The interceptors that change bytes; `None`: guessed from what decodes.
    pub interceptors: Option<Stack>,
    /// The key of the encryption.
    pub key: Option<EncryptionKey>,
}

/// Decodes one input.
#[derive(Debug)]
pub struct Inspector {
    settings: Settings,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The first bytes, which do not say yet what the input is.
    Unknown(Vec<u8>),
    Wire(Box<Wire>),
    Store(Store),
    /// It was nothing that can be decoded, and that was said.
    Over,
}

impl Inspector {
    /// At the start of an input.
    pub fn new(settings: Settings) -> Self {
        let state = State::Unknown(Vec::new());
        Inspector { settings, state }
    }

    /// Takes the next bytes and gives the records that are complete with them, as early as they are.
    ///
    /// # Errors
    /// What `sink` returned; nothing more can be done with the inspector then.
    pub fn push<E>(&mut self, bytes: &[u8], sink: &mut impl FnMut(Record) -> Result<(), E>) -> Result<(), E> {
        match &mut self.state {
            State::Wire(wire) => wire.push(bytes, sink),
            State::Store(store) => {
                store.push(bytes);
                Ok(())
            }
            State::Over => Ok(()),
            State::Unknown(first) => {
                first.extend_from_slice(bytes);
                self.decide(true, sink)
            }
        }
    }

    /// Says that no more bytes come, and gives the last records.
    ///
    /// # Errors
    /// What `sink` returned.
    pub fn finish<E>(&mut self, sink: &mut impl FnMut(Record) -> Result<(), E>) -> Result<(), E> {
        self.decide(false, sink)?;
        match &mut self.state {
            State::Wire(wire) => wire.finish(sink),
            State::Store(store) => store.finish(sink),
            State::Unknown(_) | State::Over => Ok(()),
        }
    }

    /// Whether nothing more comes out, whatever is pushed: the input is a file of whole packets, which was said.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    /// Settles on a format as soon as there are bytes enough.
    fn decide<E>(&mut self, more: bool, sink: &mut impl FnMut(Record) -> Result<(), E>) -> Result<(), E> {
        let State::Unknown(first) = &mut self.state else { return Ok(()) };
        if first.is_empty() {
            return Ok(());
        }
        match packets::of(first, more) {
            Packets::No => {}
            Packets::Perhaps => return Ok(()),
            Packets::File(kind) => {
                self.state = State::Over;
                return sink(Record::error(0, packets::MAGIC as u64, packets::sentence(kind)));
            }
        }
        let Some(format) = self.settings.format.or_else(|| Format::of(first, more)) else { return Ok(()) };
        let first = std::mem::take(first);
        self.state = match format {
            Format::Tcp | Format::Datagrams => State::Wire(Box::new(Wire::new(format, &self.settings))),
            Format::Session | Format::Sessions => State::Store(Store::new(format == Format::Sessions)),
        };
        self.push(&first, sink)
    }
}
