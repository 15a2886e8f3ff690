// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Acm`](crate::Acm) for a type: its authorisation rows, its own words for refusals if it
/// has any, how each function is run, and a line for each operation it has.
#[macro_export]
macro_rules! operations {
    (
        impl $service:ty;
        authorize($of:ident, $cx:ident, $asked:ident) = $rows:expr;
        $(refuse = $refuse:path;)?
        run($self:ident, $operation:ident, $call:ident, $input:ident) = $run:expr;
        $($name:ident = $function:path;)*
    ) => {
        #[$crate::async_trait]
        impl $crate::Acm for $service {
            async fn authorize(
                &$of,
                $cx: &$crate::wire::Context,
                $asked: $crate::Input<'_>,
            ) -> Result<Vec<$crate::wire::Check>, $crate::wire::Fault> {
                $rows
            }

            $(fn refuse(
                &self,
                operation: &'static str,
                violations: &[$crate::wire::constraints::Violation],
            ) -> Option<$crate::wire::Fault> {
                $refuse(operation, violations)
            })?

            $(async fn $name(
                &$self,
                $call: &$crate::wire::Call,
                $input: $crate::operations::io::$name::Input,
            ) -> Result<$crate::operations::io::$name::Output, $crate::wire::Fault> {
                let $operation = $function;
                Ok($run?)
            })*
        }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod add_tags_to_certificate {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AddTagsToCertificateRequest;
        pub type Output = ();
    }

    pub mod delete_certificate {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteCertificateRequest;
        pub type Output = ();
    }

    pub mod describe_certificate {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeCertificateRequest;
        pub type Output = DescribeCertificateResponse;
    }

    pub mod export_certificate {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ExportCertificateRequest;
        pub type Output = ExportCertificateResponse;
    }

    pub mod get_account_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ();
        pub type Output = GetAccountConfigurationResponse;
    }

    pub mod get_certificate {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetCertificateRequest;
        pub type Output = GetCertificateResponse;
    }

    pub mod import_certificate {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ImportCertificateRequest;
        pub type Output = ImportCertificateResponse;
    }

    pub mod list_certificates {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListCertificatesRequest;
        pub type Output = ListCertificatesResponse;
    }

    pub mod list_tags_for_certificate {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListTagsForCertificateRequest;
        pub type Output = ListTagsForCertificateResponse;
    }

    pub mod put_account_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutAccountConfigurationRequest;
        pub type Output = ();
    }

    pub mod remove_tags_from_certificate {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RemoveTagsFromCertificateRequest;
        pub type Output = ();
    }

    pub mod renew_certificate {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RenewCertificateRequest;
        pub type Output = ();
    }

    pub mod request_certificate {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RequestCertificateRequest;
        pub type Output = RequestCertificateResponse;
    }

    pub mod resend_validation_email {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ResendValidationEmailRequest;
        pub type Output = ();
    }

    pub mod revoke_certificate {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RevokeCertificateRequest;
        pub type Output = RevokeCertificateResponse;
    }

    pub mod update_certificate_options {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateCertificateOptionsRequest;
        pub type Output = ();
    }
}
