use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use userdom_application::ports::{Clock, MailError, OutgoingSms, SmsProvider};
use zeroize::Zeroizing;

use crate::security::SecretKey;

/// For the whole exchange.
const PATIENCE: Duration = Duration::from_secs(10);

/// Hands text messages to an HTTP endpoint, as JSON `{id, to, body}`, signed as Standard
/// Webhooks are: the endpoint recognises repeats by the id.
pub struct HttpSmsProvider {
    agent: Agent,
    url: String,
    key: Zeroizing<[u8; 32]>,
    clock: Arc<dyn Clock>,
}

/// The URL cannot be used. Never contains any of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an http or https URL")]
pub struct SmsUrlError;

#[derive(Debug, thiserror::Error)]
#[error("the endpoint for text messages answered {0}")]
struct Refused(u16);

impl HttpSmsProvider {
    /// A provider that posts to `url`.
    pub fn new(
        url: &str,
        secret_key: &SecretKey,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SmsUrlError> {
        let uri: ureq::http::Uri = url.parse().map_err(|_| SmsUrlError)?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(SmsUrlError);
        }
        let tls = TlsConfig::builder()
            .provider(TlsProvider::NativeTls)
            .root_certs(RootCerts::PlatformVerifier);
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .tls_config(tls.build());
        let (agent, key) = (config.build().new_agent(), key(secret_key));
        Ok(Self { agent, url: url.to_owned(), key, clock })
    }

    /// The key of the signatures, as Standard Webhooks write it; the service's own stays secret.
    pub fn signing_secret(secret_key: &SecretKey) -> Zeroizing<String> {
        Zeroizing::new(format!("whsec_{}", STANDARD.encode(key(secret_key).as_slice())))
    }

    fn signature(&self, signed: &str) -> Result<String, MailError> {
        let mac = Hmac::<Sha256>::new_from_slice(self.key.as_slice())
            .map_err(|error| MailError::Temporary(error.into()))?;
        let bytes = mac.chain_update(signed).finalize().into_bytes();
        Ok(format!("v1,{}", STANDARD.encode(bytes)))
    }
}

impl SmsProvider for HttpSmsProvider {
    fn send(&self, message: &OutgoingSms) -> Result<(), MailError> {
        let OutgoingSms { id, to, body } = message;
        let body = serde_json::json!({ "id": id, "to": to, "body": body }).to_string();
        let timestamp = self.clock.now().timestamp();
        let signature = self.signature(&format!("{id}.{timestamp}.{body}"))?;
        let answer = self
            .agent
            .post(&self.url)
            .header("content-type", "application/json")
            .header("webhook-id", id.to_string())
            .header("webhook-timestamp", timestamp.to_string())
            .header("webhook-signature", signature)
            .send(body)
            .map_err(|error| MailError::Temporary(error.into()))?;
        match answer.status().as_u16() {
            200..=299 => Ok(()),
            status @ (408 | 429) => Err(MailError::Temporary(Refused(status).into())),
            status @ 400..=499 => Err(MailError::Rejected(Refused(status).into())),
            status => Err(MailError::Temporary(Refused(status).into())),
        }
    }
}

impl fmt::Debug for HttpSmsProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpSmsProvider(…)")
    }
}

fn key(secret_key: &SecretKey) -> Zeroizing<[u8; 32]> {
    secret_key.derive(b"userdom:sms-webhook")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;
    use std::thread::{self, JoinHandle};
    use userdom_application::testing::FixedClock;
    use uuid::Uuid;

    const HEX: &str = "8f3a1c5e7b2d4f60918273a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8";

    fn secret_key() -> SecretKey {
        SecretKey::parse(HEX).unwrap()
    }

    fn provider(url: &str) -> HttpSmsProvider {
        HttpSmsProvider::new(url, &secret_key(), Arc::new(FixedClock::default())).unwrap()
    }

    fn message() -> OutgoingSms {
        let (to, body) = ("+14155550100".to_owned(), "123456 is your \"code\"".to_owned());
        OutgoingSms { id: Uuid::from_u128(1), to, body }
    }

    /// Answers one request, and gives back its head and its body.
    fn endpoint(answer: &'static str) -> (String, JoinHandle<(Vec<String>, String)>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/sms?account=1", listener.local_addr().unwrap());
        let thread = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream);
            let mut head = Vec::new();
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                head.push(line.trim().to_lowercase());
            }
            let length = head.iter().find_map(|line| line.strip_prefix("content-length: "));
            let mut body = vec![0; length.unwrap().parse().unwrap()];
            reader.read_exact(&mut body).unwrap();
            let rest = "connection: close\r\ncontent-length: 0\r\n\r\n";
            write!(reader.get_mut(), "HTTP/1.1 {answer}\r\n{rest}").unwrap();
            (head, String::from_utf8(body).unwrap())
        });
        (url, thread)
    }

    #[test]
    fn a_message_is_posted_once_and_signed_as_standard_webhooks_are() {
        let (url, endpoint) = endpoint("204 No Content");
        provider(&url).send(&message()).unwrap();
        let (head, body) = endpoint.join().unwrap();
        assert_eq!(head[0], "post /sms?account=1 http/1.1");
        let json: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(json["to"], "+14155550100");
        assert_eq!(json["body"], "123456 is your \"code\"");
        assert_eq!(json["id"], Uuid::from_u128(1).to_string());
        let header = |name: &str| {
            let line = head.iter().find_map(|line| line.strip_prefix(&format!("{name}: ")));
            line.unwrap().to_owned()
        };
        assert_eq!(header("content-type"), "application/json");
        let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
        assert_eq!(id, Uuid::from_u128(1).to_string());
        assert_eq!(timestamp, FixedClock::default().now().timestamp().to_string());
        let secret = HttpSmsProvider::signing_secret(&secret_key());
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        let mac = mac.chain_update(format!("{id}.{timestamp}.{body}")).finalize().into_bytes();
        let expected = format!("v1,{}", STANDARD.encode(mac)).to_lowercase();
        assert_eq!(header("webhook-signature"), expected);
    }

    #[test]
    fn what_the_endpoint_will_never_take_is_rejected_and_all_else_tried_again() {
        for (answer, rejected) in [
            ("400 Bad Request", true),
            ("401 Unauthorized", true),
            ("404 Not Found", true),
            ("408 Request Timeout", false),
            ("429 Too Many Requests", false),
            ("500 Internal Server Error", false),
            ("503 Service Unavailable", false),
        ] {
            let (url, endpoint) = endpoint(answer);
            let error = provider(&url).send(&message()).unwrap_err();
            assert_eq!(matches!(error, MailError::Rejected(_)), rejected, "{answer}");
            assert!(!format!("{error:?}").contains("4155"), "{error:?}");
            endpoint.join().unwrap();
        }
    }

    #[test]
    fn a_redirect_is_not_followed() {
        let (url, endpoint) = endpoint("307 Temporary Redirect\r\nlocation: /other");
        let error = provider(&url).send(&message()).unwrap_err();
        assert!(matches!(error, MailError::Temporary(_)), "{error:?}");
        endpoint.join().unwrap();
    }

    #[test]
    fn an_endpoint_that_is_not_there_is_tried_again() {
        let error = provider("http://127.0.0.1:1/").send(&message()).unwrap_err();
        assert!(matches!(error, MailError::Temporary(_)), "{error:?}");
    }

    #[test]
    fn only_web_addresses_are_taken() {
        for url in ["", "sms", "ftp://geheim@h/", "http://", "https://a b/"] {
            let clock = Arc::new(FixedClock::default());
            let refused = HttpSmsProvider::new(url, &secret_key(), clock).unwrap_err();
            assert!(!refused.to_string().contains("geheim"), "{url}");
        }
    }
}
