//! Requests over HTTP: certificates, proxies, limits, and what is tried again.

use std::time::Duration;

use ureq::Agent;
use ureq::config::RedirectAuthHeaders;
use ureq::http::{HeaderMap, StatusCode};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::Failure;

/// How often a request is tried in all.
const ATTEMPTS: u32 = 4;
/// The longest that a registry may ask to wait.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Nothing that is asked for is larger: Debian's package index has some 12 MB.
const BODY_LIMIT: u64 = 64 << 20;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub enum Method {
    /// All of it.
    Get,
    /// The headers alone, which registries do not count against a limit.
    Head,
}

/// What was answered.
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, whole.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// A client for all hosts. Proxies come from `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`; certificates from `SSL_CERT_FILE` and
/// `SSL_CERT_DIR`, else from the system, else those of Mozilla.
#[derive(Debug)]
pub struct Http {
    agent: Agent,
}

impl Http {
    /// A client that waits this long for an answer.
    pub fn new(timeout: Duration) -> Self {
        let system: Vec<Certificate<'static>> =
            rustls_native_certs::load_native_certs().certs.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
        let roots = if system.is_empty() { RootCerts::WebPki } else { RootCerts::new_with_certs(&system) };
        let config = Agent::config_builder()
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .http_status_as_error(false)
            // A registry hands over to its storage: the credentials are for the registry alone.
            .redirect_auth_headers(RedirectAuthHeaders::SameHost)
            .user_agent(concat!("dockwright/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(timeout.min(Duration::from_secs(10))))
            .timeout_global(Some(timeout))
            .build();
        Self { agent: config.new_agent() }
    }

    /// Asks, and tries again what may pass: no connection, a broken answer, 429 and 5xx.
    ///
    /// # Errors
    /// [`Failure::Outside`] when it did not pass.
    pub fn send(&self, method: Method, url: &str, headers: &[(&str, &str)]) -> Result<Answer, Failure> {
        again(url, || {
            let request = match method {
                Method::Get => self.agent.get(url),
                Method::Head => self.agent.head(url),
            };
            answer(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).call()?)
        })
    }

    /// Sends a form.
    ///
    /// # Errors
    /// [`Failure::Outside`] when it does not pass.
    pub fn post(&self, url: &str, form: &[(&str, &str)]) -> Result<Answer, Failure> {
        again(url, || answer(self.agent.post(url).send_form(form.iter().copied())?))
    }

    /// Whether a host of this machine speaks TLS, whatever its certificate is worth.
    pub fn speaks_tls(&self, host: &str) -> bool {
        match self.agent.get(format!("https://{host}/v2/")).call() {
            Ok(_) => true,
            Err(error) => error.to_string().contains("certificate"),
        }
    }
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let body = response.body_mut().with_config().limit(BODY_LIMIT).read_to_vec()?;
    Ok(Answer { status: response.status(), headers: response.headers().clone(), body })
}

fn again(url: &str, ask: impl Fn() -> Result<Answer, ureq::Error>) -> Result<Answer, Failure> {
    let mut pause = Duration::from_millis(500);
    let mut attempt = 1;
    loop {
        let (what, wait) = match ask() {
            Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS || answer.status.is_server_error() => {
                let wait = answer.header("retry-after").and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
                (format!("{} answers {}", host(url), answer.status), wait)
            }
            Ok(answer) => return Ok(answer),
            // A name, a certificate or a proxy that is wrong will be so in a second.
            Err(error) if !may_pass(&error) => return Err(Failure::Outside(format!("{} cannot be asked: {error}", host(url)))),
            Err(error) => (format!("{} cannot be asked: {error}", host(url)), None),
        };
        if attempt == ATTEMPTS || wait.is_some_and(|wait| wait > LONGEST_WAIT) {
            return Err(Failure::Outside(what));
        }
        std::thread::sleep(wait.unwrap_or(pause));
        pause *= 2;
        attempt += 1;
    }
}

fn may_pass(error: &ureq::Error) -> bool {
    use std::io::ErrorKind as Io;
    match error {
        ureq::Error::Io(error) => !matches!(error.kind(), Io::InvalidData | Io::InvalidInput),
        ureq::Error::Timeout(_) | ureq::Error::ConnectionFailed | ureq::Error::Protocol(_) => true,
        _ => false,
    }
}

/// The host of an address.
pub fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}
