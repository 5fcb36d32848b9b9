//! Members by the API server of Kubernetes: one request for the pods of the namespace that have the labels.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::environment::Environment;
use crate::error::CloudError;
use crate::pods;
use crate::provider::CloudMember;
use crate::tls;
use crate::token::Token;

/// Tomcat's `connectTimeout` and `readTimeout` together.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// The largest answer that is read: some thousand pods.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// Where a pod's service account lies.
const CA_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";
const TOKEN_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// Asks an API server.
#[derive(Debug)]
pub struct Kubernetes {
    host: String,
    port: u16,
    target: String,
    /// `None`: the platform's API is spoken in the clear, as a proxy beside the node does.
    tls: Option<Arc<ClientConfig>>,
    /// `None`: a client certificate says who asks.
    token: Option<Token>,
}

impl Kubernetes {
    pub(crate) fn of(environment: &Environment) -> Result<Self, CloudError> {
        let required = |names: &[&'static str; 2]| environment.first(names).ok_or(CloudError::NoVariable(names[1]));
        let host = required(&["OPENSHIFT_KUBE_PING_MASTER_HOST", "KUBERNETES_SERVICE_HOST"])?;
        let port = required(&["OPENSHIFT_KUBE_PING_MASTER_PORT", "KUBERNETES_SERVICE_PORT"])?;
        let wrong = |name, value: &str, wanted| CloudError::Variable { name, value: value.to_owned(), wanted };
        let port = port.parse().map_err(|_| wrong("KUBERNETES_SERVICE_PORT", port, "port"))?;
        let first = |names: [&str; 2], default| environment.first(&names).unwrap_or(default);
        let protocol = first(["OPENSHIFT_KUBE_PING_MASTER_PROTOCOL", "KUBERNETES_MASTER_PROTOCOL"], "https");
        let version = first(["OPENSHIFT_KUBE_PING_API_VERSION", "KUBERNETES_API_VERSION"], "v1");
        let authority = first(["OPENSHIFT_KUBE_PING_CA_CERT_FILE", "KUBERNETES_CA_CERTIFICATE_FILE"], CA_FILE);
        let token = first(["OPENSHIFT_KUBE_PING_SA_TOKEN_FILE", "SA_TOKEN_FILE"], TOKEN_FILE);
        let client = environment.first(&["OPENSHIFT_KUBE_PING_CLIENT_CERT_FILE", "KUBERNETES_CLIENT_CERTIFICATE_FILE"]);
        let client = client
            .map(|chain| {
                let key = environment.first(&["OPENSHIFT_KUBE_PING_CLIENT_KEY_FILE", "KUBERNETES_CLIENT_KEY_FILE"]);
                key.map(|key| (Path::new(chain), Path::new(key)))
                    .ok_or(CloudError::NoVariable("KUBERNETES_CLIENT_KEY_FILE"))
            })
            .transpose()?;
        let tls = match protocol {
            "https" => Some(tls::config(Path::new(authority), client)?),
            "http" => None,
            other => return Err(wrong("KUBERNETES_MASTER_PROTOCOL", other, "protocol (https, http)")),
        };
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let mut target = format!("/api/{}/namespaces/{}/pods", encoded(version), encoded(environment.namespace()));
        if let Some(labels) = environment.first(&["OPENSHIFT_KUBE_PING_LABELS", "KUBERNETES_LABELS"]) {
            target.push_str(&format!("?labelSelector={}", encoded(labels)));
        }
        Ok(Self {
            // A raw IPv6 address may come with brackets or without.
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            target,
            tls,
            token: client.is_none().then(|| Token::new(Path::new(token))),
        })
    }

    pub(crate) async fn members(&mut self) -> Result<Vec<CloudMember>, CloudError> {
        let server = self.server();
        let token = self.token.as_mut().map(|token| token.current().map(str::to_owned)).transpose()?;
        let fault = |reason| CloudError::Server { server: server.clone(), reason };
        let asked = tokio::time::timeout(ANSWER_LIMIT, self.ask(&server, token.as_deref())).await;
        let (status, body) = asked
            .map_err(|_| fault(format!("no answer within {} s", ANSWER_LIMIT.as_secs())))?
            .map_err(|error| fault(error.to_string()))?;
        if status != StatusCode::OK {
            return Err(CloudError::Refused { server, status: status.as_u16() });
        }
        pods::members(&body).map_err(|error| fault(format!("its answer is no list of pods: {error}")))
    }

    /// Host and port as they stand in a URL.
    fn server(&self) -> String {
        let (host, port) = (&self.host, self.port);
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }

    async fn ask(
        &self,
        server: &str,
        token: Option<&str>,
    ) -> Result<(StatusCode, Bytes), Box<dyn std::error::Error + Send + Sync>> {
        let mut request =
            Request::get(&self.target).header(header::HOST, server).header(header::ACCEPT, "application/json");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Empty::<Bytes>::new())?;
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        match &self.tls {
            None => exchange(TokioIo::new(stream), request).await,
            Some(config) => {
                let name = ServerName::try_from(self.host.clone())?;
                let stream = TlsConnector::from(Arc::clone(config)).connect(name, stream).await?;
                exchange(TokioIo::new(stream), request).await
            }
        }
    }
}

async fn exchange<S>(
    stream: S,
    request: Request<Empty<Bytes>>,
) -> Result<(StatusCode, Bytes), Box<dyn std::error::Error + Send + Sync>>
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin + Send,
{
    let (mut sender, connection) = http1::handshake(stream).await?;
    let answer = async {
        let (head, body) = sender.send_request(request).await?.into_parts();
        Ok((head.status, Limited::new(body, ANSWER_BYTES_MAX).collect().await?.to_bytes()))
    };
    tokio::pin!(connection);
    tokio::select! {
        answer = answer => answer,
        // It ends only with its last answer; driven on here it would be polled after its end.
        Err(error) = &mut connection => Err(error.into()),
    }
}
