//! Whom the client believes to be the API server, and as whom it comes.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::error::CloudError;

/// A client's settings: it believes the certificates of `authority`, and shows those of `client` where there are any.
pub(crate) fn config(authority: &Path, client: Option<(&Path, &Path)>) -> Result<Arc<ClientConfig>, CloudError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(authority)? {
        roots.add(certificate)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let builder = builder.with_root_certificates(roots);
    let config = match client {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => {
            let wanted = |_| CloudError::Pem { path: key.to_owned(), wanted: "unencrypted private key" };
            builder.with_client_auth_cert(certificates(chain)?, PrivateKeyDer::from_pem_file(key).map_err(wanted)?)?
        }
    };
    Ok(Arc::new(config))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, CloudError> {
    let text = std::fs::read(path).map_err(|error| CloudError::File { path: path.to_owned(), error })?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match found {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(CloudError::Pem { path: path.to_owned(), wanted: "certificate" }),
    }
}
