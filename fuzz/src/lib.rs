//! Every parser that meets the wire or foreign files, as a function that takes any bytes.
//!
//! `cargo test -p wharf-fuzz` replays what lies in `corpus/` and a short run of random changes to it;
//! `make fuzz` searches with the coverage of the code as its guide (`fuzz/run`). A target fails by a
//! panic, an overflow, by not coming to an end, or by taking a gibibyte of memory.
//!
//! A new parser gets a line in [`TARGETS`] and a few inputs in `corpus/<name>/`. An input that a parser
//! failed on stays there for good, under a name that says what it shows.

mod agent;
mod balancer;
mod certificates;
mod clusters;
mod images;
mod input;
mod kubernetes;
mod languages;
mod machines;
mod models;
mod operations;
mod planes;
mod scans;
mod shared_files;
mod signatures;
mod storage;
mod wire;

/// A target's name, which is its folder in `corpus/` too, and what it does with an input.
pub type Target = (&'static str, fn(&[u8]));

/// In the order of their names.
pub const TARGETS: &[Target] = &[
    ("access-log", planes::access_log),
    ("acs-agent", agent::acs_agent),
    ("acs-server", agent::acs_server),
    ("arn", languages::arn),
    ("audit-record", storage::audit_record),
    ("aws-chunked", wire::aws_chunked),
    ("aws-json", wire::aws_json),
    ("aws-query", wire::aws_query),
    ("cbor", models::cbor),
    ("certificate", certificates::certificate),
    ("certificate-import", certificates::import),
    ("cost-ledger", storage::cost_ledger),
    ("data-channel", agent::data_channel),
    ("delivery-policy", languages::delivery_policy),
    ("destination", languages::destination),
    ("dns-answer", planes::dns_answer),
    ("dns-question", planes::dns_question),
    ("ec2-query", wire::ec2_query),
    ("ecr-lifecycle", images::ecr_lifecycle),
    ("ecr-manifest", images::ecr_manifest),
    ("event-pattern", languages::event_pattern),
    ("forward-head", planes::forward_head),
    ("guest-dhcp", machines::guest_dhcp),
    ("guest-kernel", machines::guest_kernel),
    ("iam-policy", languages::iam_policy),
    ("image-location", machines::image_location),
    ("image-manifest", images::manifest),
    ("image-packages", scans::packages),
    ("image-reference", images::reference),
    ("image-scan", scans::layers),
    ("image-signature", signatures::image),
    ("insight-rule", languages::insight_rule),
    ("insights-query", languages::insights_query),
    ("journal-footer", storage::journal_footer),
    ("journal-frame", storage::journal_frame),
    ("journal-manifest", storage::journal_manifest),
    ("keyring-file", storage::keyring_file),
    ("kms-ciphertext", storage::kms_ciphertext),
    ("kube-account-token", clusters::account_token),
    ("kube-adapter", clusters::adapter),
    ("kube-addon", clusters::addon),
    ("kube-aggregated", clusters::aggregated),
    ("kube-aws-auth", clusters::aws_auth),
    ("kube-binding", clusters::binding),
    ("kube-continue", clusters::continue_token),
    ("kube-cron", clusters::cron),
    ("kube-definition", kubernetes::definition),
    ("kube-eks-token", clusters::eks_token),
    ("kube-endpoints", clusters::endpoints),
    ("kube-ingress", clusters::ingress),
    ("kube-json", kubernetes::json),
    ("kube-jsonpath", clusters::json_path),
    ("kube-network-policy", clusters::network_policy),
    ("kube-node-summary", clusters::node_summary),
    ("kube-oidc-token", clusters::oidc_token),
    ("kube-page", clusters::page),
    ("kube-patch", kubernetes::patches),
    ("kube-pod", clusters::pod),
    ("kube-probe", clusters::probe),
    ("kube-protobuf", kubernetes::protobuf),
    ("kube-request", clusters::request),
    ("kube-review", clusters::review),
    ("kube-selector", kubernetes::selector),
    ("kube-service", clusters::service),
    ("kube-signing-request", clusters::signing_request),
    ("kube-spdy", clusters::spdy),
    ("kube-volume", clusters::volume),
    ("kube-websocket", clusters::websocket),
    ("kube-yaml", kubernetes::yaml),
    ("layer", images::layer),
    ("layer-archive", images::layer_archive),
    ("layer-index", images::layer_index),
    ("layer-peers", planes::layer_peers),
    ("lb-chunks", balancer::chunks),
    ("lb-configuration", balancer::configuration),
    ("lb-heads", balancer::heads),
    ("lb-request", balancer::request),
    ("lb-response", balancer::response),
    ("log-filter", languages::log_filter),
    ("log-index", storage::log_index),
    ("log-lines", agent::log_lines),
    ("log-pattern", languages::log_pattern),
    ("log-token", languages::log_token),
    ("metric-expression", languages::metric_expression),
    ("metric-widget", languages::metric_widget),
    ("network", planes::network),
    ("nfs-answer", planes::nfs_answer),
    ("nfs-call", shared_files::call),
    ("nfs-ticket", shared_files::ticket),
    ("operations", operations::operations),
    ("package-version", scans::version),
    ("placement-query", languages::placement_query),
    ("plane-frames", planes::plane_frames),
    ("price-list", storage::price_list),
    ("promql", languages::promql),
    ("provider-document", clusters::provider_document),
    ("public-key", machines::public_key),
    ("record", storage::record),
    ("record-key", storage::record_key),
    ("registry-login", images::registry_login),
    ("registry-path", images::registry_path),
    ("remote-write", wire::remote_write),
    ("rest", models::rest),
    ("s3-form", languages::s3_form),
    ("saml-response", languages::saml_response),
    ("sealed", storage::sealed),
    ("seccomp-profile", machines::seccomp_profile),
    ("series-chunk", storage::series_chunk),
    ("series-frame", storage::series_frame),
    ("shim-frames", agent::shim_frames),
    ("sigv4", wire::sigv4),
    ("snapshot-page", planes::snapshot_page),
    ("spool", agent::spool),
    ("store-checkpoint", storage::store_checkpoint),
    ("store-frame", storage::store_frame),
    ("subscriber", languages::subscriber),
    ("timestamp", languages::timestamp),
    ("transformer", languages::transformer),
    ("user-data", machines::user_data),
    ("vulnerability-data", scans::data),
    ("vulnerability-record", scans::record),
    ("wal-segment", storage::wal_segment),
    ("xml-answer", wire::xml_answer),
];

/// The target of that name.
pub fn target(name: &str) -> Option<fn(&[u8])> {
    let found = TARGETS.iter().find(|(known, _)| *known == name);
    found.map(|(_, target)| *target)
}
