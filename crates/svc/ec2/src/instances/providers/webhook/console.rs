//! What a machine wrote to its console, which its maker may know.

use super::super::Provider;
use crate::{Ec2Service, records::Instance};

/// Takes over what the maker has of the console of an instance. What was known before stays if it has nothing, or does not answer.
pub async fn look_at_console(service: &Ec2Service, key: &str, instance: &Instance) {
    let (Provider::Webhook(_), Some(maker)) =
        (&instance.provider, service.instances.making.maker())
    else {
        return;
    };
    let now = service.instances.now();
    match maker.console(&instance.id, now).await {
        Ok(Some(text)) => service.instances.consoles.put(key, text, now),
        Ok(None) => {}
        Err(error) => {
            tracing::info!(instance = %instance.id, %error, "failed to get the console of a machine from its maker");
        }
    }
}
