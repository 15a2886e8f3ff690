// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Acm`](crate::Acm) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate Acm] $($service)* }
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
