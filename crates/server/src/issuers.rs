//! Documents of identity providers, which whoever may make one in an account names: by the guarded way
//! out.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use wharf_egress::{Egress, Limits};
use wharf_svc_iam::Documents;
use wharf_wire::async_trait;

/// Somebody waits with a token in hand.
const TIME: Duration = Duration::from_secs(5);

/// Asks providers over the network.
pub struct Issuers(pub Egress);

#[async_trait]
impl Documents for Issuers {
    async fn get(&self, url: &str, most: usize) -> Result<Vec<u8>, String> {
        let request = Request::get(url)
            .header(header::ACCEPT, "application/json")
            .body(Bytes::new())
            .map_err(|error| format!("{url} is no address: {error}"))?;
        let limits = Limits {
            time: TIME,
            body: most,
        };
        let answer = self.0.send(request, limits).await;
        let answer = answer.map_err(|failure| format!("{url}: {failure}"))?;
        match answer.status() {
            StatusCode::OK => Ok(answer.into_body().into()),
            other => Err(format!("{url} answers {other}")),
        }
    }
}
