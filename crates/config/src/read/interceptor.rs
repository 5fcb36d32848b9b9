//! `Interceptor`.

use outlive_tribes_proto::interceptor::encrypt::EncryptionKey;

use super::member::read_members;
use crate::model::Interceptor;
use crate::problem::Level;
use crate::raw::Element;
use crate::reader::{Class, Reader, Style, shown};

const INTERCEPTORS: [&str; 10] = [
    "org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor",
    "org.apache.catalina.tribes.group.interceptors.TcpFailureDetector",
    "org.apache.catalina.tribes.group.interceptors.TcpPingInterceptor",
    "org.apache.catalina.tribes.group.interceptors.StaticMembershipInterceptor",
    "org.apache.catalina.tribes.group.interceptors.GzipInterceptor",
    "org.apache.catalina.tribes.group.interceptors.OrderInterceptor",
    "org.apache.catalina.tribes.group.interceptors.FragmentationInterceptor",
    "org.apache.catalina.tribes.group.interceptors.EncryptInterceptor",
    "org.apache.catalina.tribes.group.interceptors.DomainFilterInterceptor",
    "org.apache.catalina.tribes.group.interceptors.ThroughputInterceptor",
];

/// Those that a Tomcat has beside them.
const INERT: [&str; 3] = [
    "org.apache.catalina.tribes.group.interceptors.TwoPhaseCommitInterceptor",
    "org.apache.catalina.tribes.group.interceptors.NonBlockingCoordinator",
    "org.apache.catalina.tribes.group.interceptors.SimpleCoordinator",
];

/// All interceptors of a channel, the topmost first; `None` where it names none, and has the default ones.
pub(crate) fn read_interceptors(reader: &mut Reader, channel: &Element) -> Option<Vec<Interceptor>> {
    let elements: Vec<_> = channel.children("Interceptor").collect();
    if elements.is_empty() && !channel.none_of.iter().any(|name| name == "Interceptor") {
        return None;
    }
    let mut interceptors = Vec::new();
    for element in elements {
        if let Some(interceptor) = read_interceptor(reader, element) {
            look_above(reader, element, &interceptor, &interceptors);
            interceptors.push(interceptor);
        }
    }
    Some(interceptors)
}

fn read_interceptor(reader: &mut Reader, element: &Element) -> Option<Interceptor> {
    if let Class::Known(class) = reader.class(element, &INERT) {
        reader.say(Level::Notice, &element.place, format!("{}: {class} has no effect here", element.path));
        return None;
    }
    let class = reader.class(element, &INTERCEPTORS);
    let Class::Known(name) = class else {
        // What it would do to messages nobody here knows, so the other nodes could not be understood.
        reader.refuse_class(element, class, &INTERCEPTORS);
        return None;
    };
    let mut interceptor = Interceptor::all().into_iter().find(|interceptor| interceptor.class() == name)?;
    reader.settings_but(element, &mut [interceptor.settings_mut()], reader.of_tomcat(&["optionFlag"]));
    if reader.style == Style::Tomcat {
        read_flag(reader, element, &interceptor);
    }
    match &mut interceptor {
        Interceptor::StaticMembership(membership) => {
            reader.children(element, &["LocalMember", "Member"]);
            (membership.local, membership.members) = read_members(reader, element);
        }
        Interceptor::Encrypt(encrypt) => {
            reader.children(element, &[]);
            let key = encrypt.encryption_key.as_ref();
            if key.is_none_or(|key| key.reveal().parse::<EncryptionKey>().is_err()) {
                let text = format!("{} must have an encryptionKey of 32, 48 or 64 hexadecimal digits", element.path);
                reader.fault(&element.place, text);
            }
        }
        _ => reader.children(element, &[]),
    }
    Some(interceptor)
}

/// For which messages it works: for all here.
fn read_flag(reader: &mut Reader, element: &Element, interceptor: &Interceptor) {
    let Some(written) = element.attribute("optionFlag") else { return };
    let plain = if matches!(interceptor, Interceptor::MessageDispatch(_)) { 8 } else { 0 };
    match written.parse::<i32>() {
        Ok(flag) if flag == plain => {}
        Ok(_) => {
            let text =
                format!("{}: optionFlag has no effect here: an interceptor works for all messages", element.path);
            reader.say(Level::Notice, &element.place, text);
        }
        Err(_) => {
            let text =
                format!("{}: optionFlag={} is impossible: it must be a whole number", element.path, shown(written));
            reader.fault(&element.place, text);
        }
    }
}

/// What must stand above an interceptor, or must not.
fn look_above(reader: &mut Reader, element: &Element, interceptor: &Interceptor, above: &[Interceptor]) {
    let has_detector = above.iter().any(|interceptor| matches!(interceptor, Interceptor::TcpFailureDetector(_)));
    let has_ping = above.iter().any(|interceptor| matches!(interceptor, Interceptor::TcpPing(_)));
    match interceptor {
        // Source: Tomcat `EncryptInterceptor.start`: the detector's probes would not be understood.
        Interceptor::Encrypt(_) if has_detector => {
            let text = format!("{}: an EncryptInterceptor must stand above the TcpFailureDetector", element.path);
            reader.fault(&element.place, text);
        }
        Interceptor::StaticMembership(_) if !(has_detector || has_ping) => {
            let text = format!(
                "{}: without a TcpFailureDetector or a TcpPingInterceptor above it nobody finds out whether these members are there",
                element.path
            );
            reader.say(Level::Warning, &element.place, text);
        }
        _ => {}
    }
}
