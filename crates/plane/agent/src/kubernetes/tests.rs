use std::sync::atomic::{AtomicU32, Ordering};

use wharf_base::Timestamp;

use super::*;
use crate::nodes::{NoCredentials, SessionCredentials};

/// Credentials that are given to who asks for the third time.
#[derive(Default)]
struct Late(AtomicU32);

#[async_trait]
impl RoleCredentials for Late {
    async fn current(&self) -> Result<SessionCredentials, NoCredentials> {
        if self.0.fetch_add(1, Ordering::Relaxed) < 2 {
            return Err(NoCredentials("no answer".to_owned()));
        }
        Ok(SessionCredentials {
            access_key_id: "key".to_owned(),
            secret_access_key: "secret".to_owned(),
            session_token: "token".to_owned(),
            expires_at: Timestamp::from_millis(0),
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_begins_without_keys_and_has_them_as_soon_as_they_are_given() {
    let keys = Arc::new(Keys::new(Arc::new(Late::default())));
    let current = keys.current.clone();
    let _renewing = AbortOnDropHandle::new(tokio::spawn(renew(keys, "i-1".to_owned())));
    assert_eq!(current.get().access_key_id, "");
    sleep(RENEW_EVERY).await;
    assert_eq!(current.get().access_key_id, "key");
}

#[tokio::test]
async fn what_a_token_is_made_with_is_signed_with() {
    let keys = Keys::new(Arc::new(Late(AtomicU32::new(2))));
    assert_eq!(keys.keys().await.unwrap().access_key_id, "key");
    assert_eq!(keys.current.get().access_key_id, "key");
}
