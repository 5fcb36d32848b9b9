//! Who is logged in, in Tomcat's form.

use alloc::string::String;
use alloc::vec::Vec;

use outlive_serial::{FieldValue, Limits, Value};

use crate::wire::put_java_string;

/// Tomcat's class for it.
const CLASS: &str = "org.apache.catalina.realm.GenericPrincipal$SerializablePrincipal";

/// The class descriptor of Tomcat's serialised principal, up to the instance data.
///
/// Source: written by Tomcat 10.1.60 (`GenericPrincipal$SerializablePrincipal`, serialVersionUID 1).
const DESCRIPTOR: &[u8] = b"sr\x00\x40org.apache.catalina.realm.GenericPrincipal$SerializablePrincipal\
\x00\x00\x00\x00\x00\x00\x00\x01\x02\x00\x04L\x00\x0aattributest\x00\x0fLjava/util/Map;L\x00\x04namet\x00\x12Ljava/lang/String;\
L\x00\x09principalt\x00\x19Ljava/security/Principal;[\x00\x05rolest\x00\x13[Ljava/lang/String;xp";

const STRING_ARRAY: &[u8] = b"ur\x00\x13[Ljava.lang.String;\xad\xd2V\xe7\xe9\x1d{G\x02\x00\x00xp";

/// A user and the roles it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name that the user logged in with.
    pub name: String,
    /// Sorted, without doubles: Tomcat looks a role up by binary search.
    pub roles: Vec<String>,
}

impl User {
    /// A user with `roles` in any order.
    pub fn new(name: impl Into<String>, roles: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut roles: Vec<String> = roles.into_iter().map(Into::into).collect();
        roles.sort_unstable();
        roles.dedup();
        User { name: name.into(), roles }
    }
}

/// The principal of a session: the [`User`] we understand, and the Java object that peers exchange.
///
/// The object is kept whole, so what a Tomcat put into it beside name and roles reaches the other Tomcats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    user: Option<User>,
    value: Value,
}

impl Principal {
    /// The principal of `user`, as Tomcat's realms make it.
    pub fn new(user: User) -> Self {
        let value = encode(&user);
        Principal { user: Some(user), value }
    }

    /// A principal from a peer. One of another class than Tomcat's is kept, and names nobody here.
    pub fn from_value(value: Value) -> Self {
        Principal { user: decode(&value), value }
    }

    /// Who it is; `None` for an object that we cannot read.
    pub fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// The Java object.
    pub fn value(&self) -> &Value {
        &self.value
    }
}

fn encode(user: &User) -> Value {
    let mut out = Vec::with_capacity(DESCRIPTOR.len() + STRING_ARRAY.len() + 64);
    out.extend_from_slice(DESCRIPTOR);
    out.push(0x70); // attributes
    put_java_string(&mut out, &user.name);
    out.push(0x70); // the application's own principal
    out.extend_from_slice(STRING_ARRAY);
    out.extend_from_slice(&u32::try_from(user.roles.len()).unwrap_or(u32::MAX).to_be_bytes());
    user.roles.iter().for_each(|role| put_java_string(&mut out, role));
    Value::from_bytes(&out, &Limits::default()).unwrap_or_else(|_| Value::null())
}

fn decode(value: &Value) -> Option<User> {
    let graph = value.graph();
    let object = graph.root().filter(|object| object.class_name().as_deref() == Some(CLASS))?;
    let name = object.field(CLASS, "name")?.text()?;
    let roles = object.field(CLASS, "roles").and_then(FieldValue::object);
    let roles = roles.and_then(|roles| roles.elements()).into_iter().flatten();
    Some(User::new(name, roles.filter_map(|role| role?.text())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_survives_the_java_form() {
        let user = User::new("bob", ["user", "admin", "user"]);
        assert_eq!(user.roles, ["admin", "user"]);
        let principal = Principal::new(user.clone());
        assert_eq!(principal.value().class_name(), "org.apache.catalina.realm.GenericPrincipal$SerializablePrincipal");
        assert_eq!(Principal::from_value(principal.value().clone()).user(), Some(&user));
    }

    #[test]
    fn an_object_that_is_no_principal_names_nobody() {
        let principal = Principal::from_value(Value::string("alice"));
        assert_eq!(principal.user(), None);
        assert_eq!(principal.value(), &Value::string("alice"));
    }
}
