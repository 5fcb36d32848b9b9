//! A session as a line of an export.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use outlive_session::SessionId;
use outlive_store::{SessionHead, SessionRecord};
use outlive_tribes_proto::time::UnixMillis;
use serde::{Deserialize, Serialize};

/// The longest line that is read: 64 MiB of values, four letters for three bytes, and room for the rest.
pub(super) const LINE_BYTES_MAX: u64 = (64 << 20) / 3 * 4 + 4096;

/// What a line says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line {
    /// The whole id, or its hash in a list.
    id: String,
    valid: bool,
    /// Seconds; zero and less: never.
    max_inactive: i32,
    /// Milliseconds since 1970.
    last_accessed: i64,
    /// Tomcat's stored form in Base64; in a list it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<String>,
}

impl Line {
    /// A line of a list.
    pub(super) fn of_head(head: &SessionHead, with_id: bool) -> Self {
        Line {
            id: if with_id { head.id.to_string() } else { format!("{:?}", head.id) },
            valid: head.is_valid,
            max_inactive: head.max_inactive_seconds,
            last_accessed: head.last_accessed.0,
            data: None,
        }
    }

    /// A line of an export.
    pub(super) fn of_record(record: &SessionRecord) -> Self {
        Line { data: Some(STANDARD.encode(&record.data)), ..Self::of_head(&record.head, true) }
    }

    /// The session of a line; the sentence says what is wrong with it.
    pub(super) fn record(&self) -> Result<SessionRecord, String> {
        let data = self.data.as_ref().ok_or("it has no data, so it is of a list and no export")?;
        let head = SessionHead {
            id: SessionId::parse(&self.id).map_err(|fault| fault.to_string())?,
            is_valid: self.valid,
            max_inactive_seconds: self.max_inactive,
            last_accessed: UnixMillis(self.last_accessed),
        };
        let data = STANDARD.decode(data).map_err(|fault| format!("its data is no Base64: {fault}"))?;
        Ok(SessionRecord { head, data: data.into(), version: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_a_line_and_back() {
        let line = r#"{"id":"AB.n1","valid":true,"max_inactive":-1,"last_accessed":1700000000000,"data":"rO0ABQ=="}"#;
        let record = serde_json::from_str::<Line>(line).unwrap().record().unwrap();
        assert_eq!(&*record.data, b"\xac\xed\0\x05");
        assert_eq!(serde_json::to_string(&Line::of_record(&record)).unwrap(), line);
    }

    #[test]
    fn what_is_no_session_is_told() {
        let fault = |id: &str, data: &str| {
            let line = format!(r#"{{"id":"{id}","valid":true,"max_inactive":1,"last_accessed":1{data}}}"#);
            serde_json::from_str::<Line>(&line).unwrap().record().unwrap_err()
        };
        assert_eq!(fault("a/b", r#","data":"""#), "a session id with the byte 0x2f");
        assert!(fault("ab", r#","data":"*""#).starts_with("its data is no Base64: "));
        assert_eq!(fault("session-00", ""), "it has no data, so it is of a list and no export");
    }
}
