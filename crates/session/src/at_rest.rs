//! A session that no request has touched for a while, in one small piece of memory.
//!
//! Most sessions of a busy site belong to clients who are reading: between two requests lie seconds or minutes. Such a
//! session is packed into one buffer of a few hundred bytes, without the room for growth, the clocks at full width and
//! the allocation for each name and value that a session in use has. Unpacking costs less than a microsecond.
//!
//! ```text
//! i64 touched (ns, monotonic) · i32 idle time · u8 flags
//! varints: told, created, last and this access, clock, largest stamp, stamp of the idle time
//! id: 16 bytes and the route, or the text
//! number of attributes · each: name · stamp · 0 removed, 1 value beside, 2 value in Value's compact form
//! ```
//!
//! Times are written as distances from one before. The form never leaves the process.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use outlive_serial::Value;
use outlive_tribes_proto::time::{Now, UnixMillis};

use crate::attributes::{Attribute, Attributes};
use crate::cell::{Expiry, Rare, Role, SessionCell, expiry_of};
use crate::id::SessionId;
use crate::packing::{Packer, Unpacker};
use crate::principal::Principal;
use crate::register::Register;
use crate::stamp::Stamp;

/// Sessions with more attributes stay as they are: copying them would cost more than they take.
const ATTRIBUTES_MAX: usize = 256;

/// What most sessions fit into, so that the buffer grows once at most.
const PACKED_BYTES_USUAL: usize = 512;

const PRIMARY: u8 = 1;
const NEW: u8 = 2;

const REMOVED: u8 = 0;
const BESIDE: u8 = 1;
const COMPACT: u8 = 2;

/// A session at rest: see the [module](self).
#[derive(Debug, Default)]
pub struct AtRest {
    packed: Box<[u8]>,
    beside: Option<Box<Beside>>,
}

/// What few sessions have, and what is too large to be copied.
#[derive(Debug)]
struct Beside {
    principal: Register<Option<Box<Principal>>>,
    rare: Option<Box<Rare>>,
    values: Vec<Value>,
}

impl SessionCell {
    /// The session packed; `None` while it has something to tell, has ended, or is too large to gain by it.
    pub fn pack(&self) -> Option<AtRest> {
        if self.has_changes() || self.ended || self.attributes.list().len() > ATTRIBUTES_MAX {
            return None;
        }
        let mut out = Packer::with_capacity(PACKED_BYTES_USUAL);
        out.bytes.extend_from_slice(&u64::try_from(self.touched.as_nanos()).ok()?.to_le_bytes());
        out.bytes.extend_from_slice(&self.max_inactive.value.to_le_bytes());
        let primary = if self.role == Role::Primary { PRIMARY } else { 0 };
        out.bytes.push(primary | if self.is_new { NEW } else { 0 });
        out.number(u64::try_from(self.told.as_nanos()).ok()?);
        out.distance(self.created.0, 0);
        out.distance(self.last_accessed.0, self.created.0);
        out.distance(self.this_accessed.0, self.last_accessed.0);
        out.distance(self.clock, self.this_accessed.0);
        out.distance(self.attributes.latest(), self.clock);
        out.stamp(self.max_inactive.stamp, self.clock);
        pack_id(&mut out, &self.id);
        out.number(self.attributes.list().len() as u64);
        let mut values = Vec::new();
        for attribute in self.attributes.list() {
            out.text(&attribute.name);
            out.stamp(attribute.register.stamp, self.clock);
            match &attribute.register.value {
                None => out.bytes.push(REMOVED),
                Some(value) => {
                    out.bytes.push(COMPACT);
                    if !value.write_compact(&mut out.bytes) {
                        out.bytes.pop();
                        out.bytes.push(BESIDE);
                        values.push(value.clone());
                    }
                }
            }
        }
        let plain = values.is_empty() && self.rare.is_none() && self.principal.is_untouched();
        let beside = || Beside { principal: self.principal.clone(), rare: self.rare.clone(), values };
        let beside = (!plain).then(|| Box::new(beside()));
        Some(AtRest { packed: out.bytes.into_boxed_slice(), beside })
    }
}

impl AtRest {
    /// What the clock says about the session, without unpacking it.
    pub fn expiry(&self, now: Now) -> Expiry {
        let mut input = Unpacker::new(&self.packed);
        match Head::unpack(&mut input) {
            Some(head) => expiry_of(now, head.touched, head.max_inactive, head.role),
            None => Expiry::Alive,
        }
    }

    /// For how long no request has touched the session, on any node.
    pub fn idle(&self, now: Now) -> Duration {
        let touched = Head::unpack(&mut Unpacker::new(&self.packed)).map(|head| head.touched);
        touched.map_or(Duration::ZERO, |touched| now.monotonic.0.saturating_sub(touched))
    }

    /// The session as it was packed. `None`: this is not the work of [`SessionCell::pack`].
    pub fn unpack(&self) -> Option<SessionCell> {
        let mut input = Unpacker::new(&self.packed);
        let Head { touched, max_inactive, role, is_new } = Head::unpack(&mut input)?;
        let told = Duration::from_nanos(input.number()?);
        let created = input.distance(0)?;
        let last_accessed = input.distance(created)?;
        let this_accessed = input.distance(last_accessed)?;
        let clock = input.distance(this_accessed)?;
        let latest = input.distance(clock)?;
        let max_inactive_stamp = input.stamp(clock)?;
        let id = unpack_id(&mut input)?;
        let count = usize::try_from(input.number()?).ok().filter(|count| *count <= ATTRIBUTES_MAX)?;
        let mut beside = self.beside.iter().flat_map(|beside| &beside.values);
        let mut list = Vec::with_capacity(count);
        for _ in 0..count {
            let name = Box::from(input.text()?);
            let stamp = input.stamp(clock)?;
            let value = match input.byte()? {
                REMOVED => None,
                BESIDE => Some(beside.next()?.clone()),
                _ => Some(unpack_value(&mut input)?),
            };
            list.push(Attribute { name, register: Register::told(value, stamp) });
        }
        let (principal, rare) = match &self.beside {
            Some(beside) => (beside.principal.clone(), beside.rare.clone()),
            None => (Register::told(None, Stamp::default()), None),
        };
        Some(SessionCell {
            id,
            created: UnixMillis(created),
            last_accessed: UnixMillis(last_accessed),
            this_accessed: UnixMillis(this_accessed),
            touched,
            told,
            clock,
            role,
            is_new,
            ended: false,
            announced: true,
            max_inactive: Register::told(max_inactive, max_inactive_stamp),
            principal,
            attributes: Attributes::restored(list, latest),
            rare,
        })
    }
}

fn pack_id(out: &mut Packer, id: &SessionId) {
    match id.hex_base() {
        Some(bytes) => {
            out.bytes.push(1);
            out.bytes.extend_from_slice(&bytes);
            out.text(id.after_base());
        }
        None => {
            out.bytes.push(0);
            out.text(id.as_str());
        }
    }
}

fn unpack_id(input: &mut Unpacker<'_>) -> Option<SessionId> {
    match input.byte()? {
        0 => SessionId::parse(input.text()?).ok(),
        _ => {
            let base: [u8; 16] = input.array()?;
            Some(SessionId::of_parts(&base, input.text()?))
        }
    }
}

fn unpack_value(input: &mut Unpacker<'_>) -> Option<Value> {
    let (value, len) = Value::read_compact(input.rest())?;
    input.take(len)?;
    Some(value)
}

/// What stands at fixed places, for the look that every session gets every second.
struct Head {
    touched: Duration,
    max_inactive: i32,
    role: Role,
    is_new: bool,
}

impl Head {
    fn unpack(input: &mut Unpacker<'_>) -> Option<Head> {
        let touched = Duration::from_nanos(u64::from_le_bytes(input.array()?));
        let max_inactive = i32::from_le_bytes(input.array()?);
        let flags = input.byte()?;
        let role = if flags & PRIMARY == 0 { Role::Backup } else { Role::Primary };
        Some(Head { touched, max_inactive, role, is_new: flags & NEW != 0 })
    }
}

#[cfg(test)]
mod tests;
