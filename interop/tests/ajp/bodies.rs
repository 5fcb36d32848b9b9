//! Large bodies both ways: the connector of this process echoes what httpd hands on.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use anyhow::{Context as _, Result, ensure};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Frame};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use outlive_connector::ajp::{AjpServer, AjpSettings, PacketSize, RequestBody, Running, Secret};
use outlive_interop::Scene;
use tokio::runtime::Runtime;

use crate::fronts::{MODULES, Member};

const SECRET: &str = "echo";
const LENGTH: usize = 1 << 20;

/// Bytes in which each position differs from its neighbours, packet sizes included.
fn pattern() -> Bytes {
    (0..LENGTH).map(|i| (i % 251) as u8 ^ (i >> 13) as u8).collect()
}

/// A body that does not know its length, so that it goes out in chunks.
struct Chunks(Bytes);

impl Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let length = self.0.len().min(10_000);
        let part = self.0.split_to(length);
        Poll::Ready((!part.is_empty()).then(|| Ok(Frame::data(part))))
    }
}

/// Answers with the body that it gets, part by part.
fn echo(packet_size: usize) -> Result<Running> {
    let mut settings = AjpSettings::default();
    settings.secret = Secret::new(SECRET);
    settings.packet_size = PacketSize::new(packet_size).context("a packet size")?;
    let service = tower::service_fn(|request: Request<RequestBody>| async move {
        Ok::<_, Infallible>(Response::new(request.into_body()))
    });
    Ok(AjpServer::bind("10.77.0.1:8009".parse()?)?.serve(service, settings)?)
}

pub(crate) fn of_1_mib(scene: &Scene) -> Result<()> {
    let runtime = Runtime::new()?;
    for packet_size in [8192, 65536] {
        for module in MODULES {
            let echo = runtime.block_on(async { echo(packet_size) })?;
            let address = echo.address();
            let member = Member { route: "echo", address, secret: SECRET, packet_size, activation: "A" };
            let httpd = module.start(scene, &[member])?;
            runtime
                .block_on(async {
                    up_and_down(&format!("http://{}/", httpd.address())).await?;
                    anyhow::Ok(())
                })
                .with_context(|| format!("{module:?} with packets of {packet_size} bytes"))?;
            httpd.stop()?;
            runtime.block_on(echo.stop(std::time::Duration::from_secs(5)));
        }
    }
    Ok(())
}

/// One connection of a browser: a body of known length, one in chunks, none.
async fn up_and_down(url: &str) -> Result<()> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let whole = pattern();
    let bodies = [
        ("of known length", Full::new(whole.clone()).boxed(), &whole),
        ("in chunks", Chunks(whole.clone()).boxed(), &whole),
        ("that is empty", Full::new(Bytes::new()).boxed(), &Bytes::new()),
    ];
    for (what, body, expected) in bodies {
        let request = Request::post(url).body(body)?;
        let answer = client.request(request).await.with_context(|| format!("a body {what}"))?;
        ensure!(answer.status() == 200, "{} for a body {what}", answer.status());
        let got =
            answer.into_body().collect().await.with_context(|| format!("the answer to a body {what}"))?.to_bytes();
        ensure!(got == *expected, "a body {what} came back as {} other bytes", got.len());
    }
    Ok(())
}
