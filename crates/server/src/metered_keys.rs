//! KMS as services use it in the name of accounts. AWS counts each use of a key by a service as one of the account's own requests, so
//! they take tokens from the same buckets.

use std::sync::{Arc, OnceLock};

use wharf_api_kms::{self as api, Input, Kms, schema::SERVICE};
use wharf_svc_kms::KmsService;
use wharf_wire::{
    Call, Caller, CallerKind, Check, Context, Fault, async_trait, understood::Understood,
};

use crate::gateway::throttle::Throttle;

/// What bounds them, once the gateway has it.
pub type Bound = Arc<OnceLock<Arc<Throttle>>>;

pub struct MeteredKeys {
    pub kms: KmsService,
    pub bound: Bound,
}

/// Takes a token of the account that a key is used for. What a service does in its own name counts too, but is never refused: who
/// waits for it asked for nothing, and a throttled key would look like one that is shut.
fn take(bound: &Bound, call: &Call, operation: &'static str) -> Result<(), Fault> {
    let Some(throttle) = bound.get() else {
        return Ok(());
    };
    let account = Caller::root(&call.account);
    let taken = throttle.take(&account, None, &SERVICE, operation, false, call.now);
    match taken {
        Err(_) if call.caller.kind != CallerKind::Service => {
            Err(Throttle::fault(SERVICE.protocol, &SERVICE))
        }
        _ => Ok(()),
    }
}

macro_rules! methods {
    (counted { $($counted:ident $operation:literal: $used:ident -> $got:ty;)* } free { $($free:ident: $asked:ident -> $told:ty;)* }) => {
        #[async_trait]
        impl Kms for MeteredKeys {
            async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
                self.kms.authorize(cx, input).await
            }

            fn understood(&self) -> Option<&'static Understood> {
                self.kms.understood()
            }

            $(async fn $counted(&self, call: &Call, input: api::$used) -> Result<$got, Fault> {
                take(&self.bound, call, $operation)?;
                self.kms.$counted(call, input).await
            })*

            $(async fn $free(&self, call: &Call, input: api::$asked) -> Result<$told, Fault> {
                self.kms.$free(call, input).await
            })*
        }
    };
}

// All that services do with keys. What is not among these they are told is not supported.
methods! {
    counted {
        decrypt "Decrypt": DecryptRequest -> api::DecryptResponse;
        encrypt "Encrypt": EncryptRequest -> api::EncryptResponse;
        generate_data_key "GenerateDataKey": GenerateDataKeyRequest -> api::GenerateDataKeyResponse;
        generate_data_key_without_plaintext "GenerateDataKeyWithoutPlaintext":
            GenerateDataKeyWithoutPlaintextRequest -> api::GenerateDataKeyWithoutPlaintextResponse;
        re_encrypt "ReEncrypt": ReEncryptRequest -> api::ReEncryptResponse;
        sign "Sign": SignRequest -> api::SignResponse;
        verify "Verify": VerifyRequest -> api::VerifyResponse;
    }
    free {
        create_grant: CreateGrantRequest -> api::CreateGrantResponse;
        describe_key: DescribeKeyRequest -> api::DescribeKeyResponse;
        get_public_key: GetPublicKeyRequest -> api::GetPublicKeyResponse;
        list_grants: ListGrantsRequest -> api::ListGrantsResponse;
        list_retirable_grants: ListRetirableGrantsRequest -> api::ListGrantsResponse;
        retire_grant: RetireGrantRequest -> ();
        revoke_grant: RevokeGrantRequest -> ();
    }
}

#[cfg(test)]
mod tests {
    use wharf_base::{Clock as _, Permit, SystemClock};
    use wharf_reconcile::Takeover;
    use wharf_seal::Keyring;
    use wharf_store::{Store, StoreOptions};
    use wharf_svc_kms::Parts;

    use super::*;
    use crate::gateway::throttle::Throttling;

    #[tokio::test]
    async fn uses_of_keys_take_from_the_accounts_share() {
        let kms = KmsService::new(Parts {
            store: Store::in_memory(StoreOptions::default()),
            keyring: Keyring::in_memory(),
            clock: Arc::new(SystemClock),
            takeover: Takeover::Replace,
        });
        let rates = [(SERVICE.name, wharf_svc_kms::RATES)];
        // 500 at once.
        let throttle = Arc::new(Throttle::new(Throttling::Scaled(0.05), rates.into()));
        let bound = Bound::default();
        let keys = MeteredKeys {
            kms,
            bound: bound.clone(),
        };
        let mut context = Context::internal("000000000000", "us-east-1", "test", SystemClock.now());
        context.caller = Caller::root("000000000000");
        let call = Call::by_controller(context, Permit::for_controller("test"));
        let key = keys.kms.create_key(&call, Default::default()).await;
        let key = key.unwrap().key_metadata.unwrap().key_id;
        let made = || api::GenerateDataKeyRequest {
            key_id: key.clone(),
            key_spec: Some("AES_256".to_owned()),
            ..Default::default()
        };
        keys.generate_data_key(&call, made()).await.unwrap();
        let _ = bound.set(throttle.clone());
        for _ in 0..500 {
            keys.generate_data_key(&call, made()).await.unwrap();
        }
        let refused = keys.generate_data_key(&call, made()).await.unwrap_err();
        assert_eq!(refused.code, "ThrottlingException");
        assert_eq!(
            refused.message,
            "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."
        );
        // Who waits for a service asked for nothing.
        let mut own = call.context().clone();
        own.caller = Caller::service(&call.account, "eks");
        let own = Call::by_controller(own, Permit::for_controller("test"));
        keys.generate_data_key(&own, made()).await.unwrap();
        // ECR finds the grants of Inspector by it that a kill left.
        let listed = api::ListRetirableGrantsRequest {
            retiring_principal: Some("inspector2.us-east-1.amazonaws.com".to_owned()),
            ..Default::default()
        };
        keys.list_retirable_grants(&own, listed).await.unwrap();
        // The account's own requests have the same share.
        let root = Caller::root(&call.account);
        let own = throttle.take(&root, None, &SERVICE, "Decrypt", false, call.now);
        assert!(own.is_err());
        let other = Caller::root("111111111111");
        let others = throttle.take(&other, None, &SERVICE, "Decrypt", false, call.now);
        assert!(others.is_ok());
    }
}
