//! The way to GitHub: at once, or through the proxy that the environment names for its host.
//!
//! octocrab has a client of its own, which knows no proxies; this one is made of the same parts. A proxy is
//! asked to [connect](https://www.rfc-editor.org/rfc/rfc9110#CONNECT), and of what then passes through it
//! reads nothing, the token included.

use std::sync::Arc;

use http::Uri;
use http::header::{ACCEPT, HeaderValue, USER_AGENT};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioExecutor;
use octocrab::service::middleware::auth_header::AuthHeaderLayer;
use octocrab::service::middleware::base_uri::BaseUriLayer;
use octocrab::service::middleware::extra_headers::ExtraHeadersLayer;
use octocrab::{AuthState, Octocrab, OctocrabBuilder};
use tower::{BoxError, ServiceExt, service_fn};

use crate::github::Proxies;

/// How requests name who sends them.
const AGENT: &str = concat!("tfmp/", env!("CARGO_PKG_VERSION"));

/// An octocrab that asks the API at an address. It has to be made inside of a runtime.
///
/// # Errors
///
/// Says what is wrong with the address, the token, the proxy, or the system's certificates.
pub(super) fn octocrab(base: &str, token: &str, proxies: &Proxies) -> Result<Octocrab, BoxError> {
    let base: Uri = base.parse()?;
    let mut bearer: HeaderValue = format!("Bearer {token}").parse()?;
    bearer.set_sensitive(true);
    let mut direct = HttpConnector::new();
    direct.enforce_http(false);
    let tunnel = match proxy(&base, proxies)? {
        Some(proxy) => {
            let tunnel = Tunnel::new(proxy.uri().clone(), direct.clone());
            Some(match proxy.basic_auth() {
                Some(known) => tunnel.with_auth(known.clone()),
                None => tunnel,
            })
        }
        None => None,
    };
    let way = service_fn(move |to: Uri| {
        let (direct, tunnel) = (direct.clone(), tunnel.clone());
        async move {
            match tunnel {
                Some(tunnel) => tunnel.oneshot(to).await.map_err(BoxError::from),
                None => direct.oneshot(to).await.map_err(BoxError::from),
            }
        }
    });
    let secured = HttpsConnectorBuilder::new()
        .with_native_roots()?
        .https_or_http()
        .enable_http1()
        .wrap_connector(way);
    let headers = vec![
        (USER_AGENT, HeaderValue::from_static(AGENT)),
        (
            ACCEPT,
            HeaderValue::from_static("application/vnd.github+json"),
        ),
    ];
    let built = OctocrabBuilder::new_empty()
        .with_service(Client::builder(TokioExecutor::new()).build(secured))
        .with_layer(&ExtraHeadersLayer::new(Arc::new(headers)))
        .with_layer(&BaseUriLayer::new(base.clone()))
        .with_layer(&AuthHeaderLayer::new(Some(bearer), base.clone(), base))
        .with_auth(AuthState::None)
        .build();
    Ok(built.unwrap_or_else(|never| match never {}))
}

/// The proxy through which an address is asked, where there is one.
fn proxy(base: &Uri, proxies: &Proxies) -> Result<Option<Intercept>, BoxError> {
    let found = Matcher::builder()
        .all(proxies.all.as_str())
        .http(proxies.http.as_str())
        .https(proxies.https.as_str())
        .no(proxies.no.as_str())
        .build()
        .intercept(base);
    match found {
        Some(proxy) if proxy.uri().scheme_str() != Some("http") => {
            Err("the proxy that the environment names is not one of `http`".into())
        }
        found => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The proxy for an address, and whether a password goes to it; what is wrong with it.
    fn through(base: &str, proxies: &Proxies) -> Result<Option<(String, bool)>, String> {
        let found = proxy(&base.parse().unwrap(), proxies).map_err(|error| error.to_string())?;
        Ok(found.map(|proxy| (proxy.uri().to_string(), proxy.basic_auth().is_some())))
    }

    #[track_caller]
    fn check(base: &str, proxies: &Proxies, expect: Option<(&str, bool)>) {
        let expect = expect.map(|(uri, known)| (uri.to_owned(), known));
        assert_eq!(through(base, proxies), Ok(expect), "{base}");
    }

    fn https(proxy: &str, no: &str) -> Proxies {
        Proxies {
            https: proxy.to_owned(),
            no: no.to_owned(),
            ..Proxies::default()
        }
    }

    #[test]
    fn the_proxy_is_that_of_the_host() {
        let api = "https://api.github.com";
        check(api, &Proxies::default(), None);
        check(
            api,
            &https("http://proxy:3128", ""),
            Some(("http://proxy:3128/", false)),
        );
        check(
            api,
            &https("proxy:3128", ""),
            Some(("http://proxy:3128/", false)),
        );
        check(
            api,
            &https("http://ann:pass@proxy:3128", ""),
            Some(("http://proxy:3128/", true)),
        );
        check(
            api,
            &https("http://proxy:3128", "localhost,.github.com"),
            None,
        );
        check(api, &https("http://proxy:3128", "*"), None);
        check(
            "https://ghe.example/api/v3",
            &https("http://proxy:3128", "github.com"),
            Some(("http://proxy:3128/", false)),
        );
        check(
            "http://127.0.0.1:4010",
            &https("http://proxy:3128", ""),
            None,
        );
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_said_to_be_so() {
        let why = "the proxy that the environment names is not one of `http`";
        for proxy in ["https://proxy:3128", "socks5://proxy:1080"] {
            let found = through("https://api.github.com", &https(proxy, ""));
            assert_eq!(found, Err(why.to_owned()), "{proxy}");
        }
    }
}
