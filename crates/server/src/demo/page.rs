//! The demo's page: plain HTML, no script. Answers appear in one frame, the nodes with their buttons in another.

use std::fmt::Write;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

use super::browser::Browser;
use super::nodes::Nodes;
use crate::reply::{self, Reply};

const INDEX: &str = r#"<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Outlive: sessions that outlive their server</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
iframe { width: 100%; border: 1px solid #999; border-radius: 4px }
form { display: inline-block; margin: 0 .6rem .4rem 0 }
</style>
<h1>A session that outlives its server</h1>
<p>Two nodes share their sessions; this page's balancer sends you to the one that your cookie names, and to the other when that is gone.
<strong>Count, log in, kill the node that serves you, and count on.</strong></p>
<iframe src="/nodes" title="the nodes" height="150"></iframe>
<h2>Your session</h2>
<form action="/app/counter" target="answer"><button>Count</button></form>
<form action="/app/login" target="answer"><input type="hidden" name="user" value="alice">
<input type="hidden" name="password" value="wonderland"><button>Log in as alice</button></form>
<form action="/app/logout" target="answer"><button>Log out</button></form>
<form action="/app/session" target="answer"><button>Show the session</button></form>
<form action="/app/changeid" target="answer"><button>Change its id</button></form>
<form action="/app/invalidate" target="answer"><button>End it</button></form><br>
<form action="/app/set" target="answer"><input name="name" value="colour" size="8" aria-label="name">
<input name="value" value="green" size="12" aria-label="value"><button>Set an attribute</button></form>
<form action="/app/maxinactive" target="answer"><input name="seconds" value="60" size="4" aria-label="seconds">
<button>Seconds until it expires</button></form>
<p>The answer; <code>node</code> says who gave it:</p>
<iframe name="answer" src="/app/session" title="the answer" height="160"></iframe>
</html>
"#;

/// The page itself.
pub(super) fn index() -> Reply {
    html(INDEX.to_owned())
}

/// The nodes as they are now, asked again each two seconds.
pub(super) async fn nodes(nodes: &Nodes) -> Reply {
    let mut page = String::from(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"2\"><title>Nodes</title>\
<style>body { font: 16px/1.5 system-ui, sans-serif } td { padding: .2rem 1rem .2rem 0 } form { display: inline }</style><table>",
    );
    for node in nodes.all() {
        let (name, address) = (node.name(), node.http());
        let (state, verb) = match Browser::new().get(address, "/app/health").await {
            Ok(health) => {
                let others = if health["members"] == 1 { "sees the other" } else { "sees no other" };
                (format!("up, {others}, holds {} sessions", health["sessions"].as_u64().unwrap_or_default()), "kill")
            }
            Err(_) => ("down".to_owned(), "start"),
        };
        let button =
            format!("<form method=\"post\" action=\"/nodes/{name}/{verb}\"><button>{verb} {name}</button></form>");
        let _ = write!(page, "<tr><td><b>Node {name}</b><td>{address}<td>{state}<td>{button}"); // a String takes everything
    }
    page.push_str("</table></html>");
    html(page)
}

/// After a button: the nodes again, by GET.
pub(super) fn back_to_nodes() -> Reply {
    let mut reply = Response::new(Full::new(Bytes::new()));
    *reply.status_mut() = StatusCode::SEE_OTHER;
    reply.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/nodes"));
    reply
}

fn html(page: String) -> Reply {
    let mut reply = reply::with_type(StatusCode::OK, "text/html; charset=utf-8", page);
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'";
    reply.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    reply
}

/// What the terminal shows when all is up.
pub(super) fn to_try(nodes: &Nodes, page: SocketAddr) -> String {
    let [a, b] = nodes.all().map(|node| node.http());
    format!(
        "
  the page      http://{page}/       a sticky balancer, with buttons that kill and start the nodes
  node A        http://{a}/app/session
  node B        http://{b}/app/session

To try: open the page, count, log in, kill the node that serves you, and count on. Or here:

  curl -c jar -b jar http://{page}/app/counter
  curl -c jar -b jar 'http://{page}/app/login?user=alice&password=wonderland'
  curl -c jar -b jar http://{page}/app/session        after its node was killed: the same session, the same user

The nine steps, played and checked: outlive demo --script.   Ctrl-C ends everything."
    )
}
