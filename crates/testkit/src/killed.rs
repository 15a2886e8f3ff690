//! KMS as a caller knows it that is killed right after a grant was made, or right before one is given back, or that waits long
//! before one is made.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::Mutex;
use wharf_api_kms::{self as api, Input, Kms};
use wharf_wire::{Call, Check, Context, Fault, async_trait};

/// Passes everything on. While it is cut off, it makes grants and never answers, and takes none back.
pub struct CutOff {
    kms: Arc<dyn Kms>,
    is_cut: AtomicBool,
    /// Who holds it keeps grants from being made.
    pub granting: Mutex<()>,
}

impl CutOff {
    pub fn new(kms: Arc<dyn Kms>) -> Arc<Self> {
        Arc::new(Self {
            kms,
            is_cut: AtomicBool::new(false),
            granting: Mutex::new(()),
        })
    }

    pub fn cut(&self, is_cut: bool) {
        self.is_cut.store(is_cut, Ordering::SeqCst);
    }

    async fn go_on(&self) {
        if self.is_cut.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
    }
}

macro_rules! passed_on {
    ($($operation:ident: $asked:ident -> $told:ty;)*) => {
        #[async_trait]
        impl Kms for CutOff {
            async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
                self.kms.authorize(cx, input).await
            }

            async fn create_grant(
                &self,
                call: &Call,
                input: api::CreateGrantRequest,
            ) -> Result<api::CreateGrantResponse, Fault> {
                drop(self.granting.lock().await);
                let made = self.kms.create_grant(call, input).await;
                self.go_on().await;
                made
            }

            async fn retire_grant(
                &self,
                call: &Call,
                input: api::RetireGrantRequest,
            ) -> Result<(), Fault> {
                self.go_on().await;
                self.kms.retire_grant(call, input).await
            }

            $(async fn $operation(&self, call: &Call, input: api::$asked) -> Result<$told, Fault> {
                self.kms.$operation(call, input).await
            })*
        }
    };
}

// What services do with keys by grants.
passed_on! {
    decrypt: DecryptRequest -> api::DecryptResponse;
    describe_key: DescribeKeyRequest -> api::DescribeKeyResponse;
    generate_data_key: GenerateDataKeyRequest -> api::GenerateDataKeyResponse;
    generate_data_key_without_plaintext:
        GenerateDataKeyWithoutPlaintextRequest -> api::GenerateDataKeyWithoutPlaintextResponse;
    get_public_key: GetPublicKeyRequest -> api::GetPublicKeyResponse;
    list_retirable_grants: ListRetirableGrantsRequest -> api::ListGrantsResponse;
    re_encrypt: ReEncryptRequest -> api::ReEncryptResponse;
    sign: SignRequest -> api::SignResponse;
}
