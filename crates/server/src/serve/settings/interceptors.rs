//! What messages pass between the node and the wire.

use bytes::Bytes;
use outlive_config::model::Interceptor;
use outlive_net::encrypt::EncryptionKey;
use outlive_net::fragmentation::Fragmentation;
use outlive_net::gzip::Gzip;
use outlive_net::order::Order;
use outlive_net::{InterceptorConfig, check_order};

use super::said::Said;
use crate::cli::{InterceptorOption, ServeArguments};
use crate::exit::Exit;

/// The interceptors, the topmost first: the flags' where they name any, else the file's. A key of `--encrypt` goes before the file's.
///
/// # Errors
/// A key that is none or is missing; an order that damages messages.
pub(super) fn resolve(
    flags: &ServeArguments,
    model: &[Interceptor],
    said: &Said,
) -> Result<Vec<InterceptorConfig>, Exit> {
    let by_flags = !flags.interceptors.is_empty();
    let place = said.of(by_flags || flags.encrypt.is_some(), "--interceptors", "Interceptor");
    let mut configs = if by_flags { of_flags(flags)? } else { of_model(model, said)? };
    if let Some(key) = &flags.encrypt {
        let key = parse_key(key.reveal(), "--encrypt")?;
        let ours = InterceptorConfig::Encrypt { algorithm: flags.encrypt_algorithm, key };
        let is_encrypt = |config: &InterceptorConfig| matches!(config, InterceptorConfig::Encrypt { .. });
        match configs.iter().position(is_encrypt) {
            Some(at) => configs[at] = ours,
            None => configs.push(ours),
        }
    }
    check_order(&configs).map_err(|fault| {
        let at = model.iter().rev().find(|one| one.class() == fault.interceptor());
        let said = match at {
            Some(at) => said.at(by_flags, "--interceptors", at.settings().origin(), "", "Interceptor"),
            None => place,
        };
        Exit::usage(format!("{said}: {fault}"))
    })?;
    Ok(configs)
}

fn parse_key(text: &str, said: &str) -> Result<EncryptionKey, Exit> {
    text.parse().map_err(|fault| Exit::usage(format!("{said}: {fault}")))
}

fn of_flags(flags: &ServeArguments) -> Result<Vec<InterceptorConfig>, Exit> {
    let config = |option: &InterceptorOption| {
        Ok(match option {
            InterceptorOption::Gzip(size) => InterceptorConfig::Gzip(Gzip { compression_min_size: *size }),
            InterceptorOption::Fragment(size) => {
                InterceptorConfig::Fragmentation(Fragmentation { max_size: *size, ..Fragmentation::default() })
            }
            InterceptorOption::Order => InterceptorConfig::Order(Order::default()),
            InterceptorOption::Encrypt => match &flags.encrypt {
                Some(key) => InterceptorConfig::Encrypt {
                    algorithm: flags.encrypt_algorithm,
                    key: parse_key(key.reveal(), "--encrypt")?,
                },
                None => {
                    return Err(Exit::usage(
                        "--interceptors names encrypt, and there is no key: give one with --encrypt",
                    ));
                }
            },
            InterceptorOption::Throughput(interval) => InterceptorConfig::Throughput { interval: *interval },
            InterceptorOption::DomainFilter => InterceptorConfig::DomainFilter { domain: None },
        })
    };
    flags.interceptors.iter().map(config).collect()
}

fn of_model(model: &[Interceptor], said: &Said) -> Result<Vec<InterceptorConfig>, Exit> {
    let mut configs = Vec::new();
    for interceptor in model {
        configs.push(match interceptor {
            Interceptor::Gzip(gzip) => {
                InterceptorConfig::Gzip(Gzip { compression_min_size: gzip.compression_min_size })
            }
            Interceptor::Fragmentation(fragmentation) => InterceptorConfig::Fragmentation(Fragmentation {
                max_size: fragmentation.max_size,
                expire: fragmentation.expire,
            }),
            Interceptor::Order(order) => {
                let plain = Order::default();
                InterceptorConfig::Order(Order {
                    expire: order.expire,
                    forward_expired: order.forward_expired,
                    // Never as many as a Tomcat's default: anybody could have them held.
                    max_queue: plain.max_queue.min(order.max_queue as usize),
                })
            }
            Interceptor::Encrypt(encrypt) => {
                let said =
                    said.at(false, "--encrypt", &encrypt.origin, "encryption_key", "EncryptInterceptor encryptionKey");
                let Some(key) = &encrypt.encryption_key else {
                    return Err(Exit::usage(format!("{said}: there is no key")));
                };
                let key = parse_key(key.reveal(), &said)?;
                InterceptorConfig::Encrypt { algorithm: encrypt.encryption_algorithm, key }
            }
            Interceptor::Throughput(throughput) => InterceptorConfig::Throughput { interval: throughput.interval },
            Interceptor::DomainFilter(filter) => {
                InterceptorConfig::DomainFilter { domain: Some(Bytes::from(filter.domain.0.clone())) }
            }
            // Every node has these, or finds its members by them.
            Interceptor::MessageDispatch(_)
            | Interceptor::TcpFailureDetector(_)
            | Interceptor::TcpPing(_)
            | Interceptor::StaticMembership(_) => continue,
        });
    }
    Ok(configs)
}
