// Written by `cargo xtask generate` from models/. Do not edit.
//! The model as tables.
#[allow(unused_imports)]
use wharf_wire::schema::*;

pub static SERVICE: ServiceSchema = ServiceSchema {
name: "eks-auth", protocol: Protocol::RestJson, protocols: &[Protocol::RestJson], api_version: "2023-11-26", signing_name: "eks-auth",
action_prefix: "eks-auth", endpoint_prefix: "eks-auth", target_prefix: "", xml_namespace: "",
query_codes: None, operations: &OPERATIONS, left_out: &LEFT_OUT, shapes: &SHAPES,
};

static OPERATIONS: [OperationSchema; 1] = [
OperationSchema::new("AssumeRoleForPodIdentity", Some(1), Some(2)).http("POST", "/clusters/{clusterName}/assume-role-for-pod-identity", 200),
];

static LEFT_OUT: [&str; 0] = [
];

static SHAPES: [Shape; 19] = [
Shape { name: "AccessDeniedException", kind: Kind::Structure { members: &[Member::new("message", 15)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "AssumeRoleForPodIdentityRequest", kind: Kind::Structure { members: &[Member::new("clusterName", 4).at(Location::Uri).required(), Member::new("token", 11).required().sensitive(), Member::new("eksNodeName", 15), Member::new("instanceId", 15), Member::new("zone", 15)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "AssumeRoleForPodIdentityResponse", kind: Kind::Structure { members: &[Member::new("subject", 16).required(), Member::new("audience", 15).required(), Member::new("podIdentityAssociation", 12).required(), Member::new("assumedRoleUser", 3).required(), Member::new("credentials", 5).required().sensitive(), Member::new("workloadIdentityProviderArn", 15)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "AssumedRoleUser", kind: Kind::Structure { members: &[Member::new("arn", 15).required(), Member::new("assumeRoleId", 15).required()] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "ClusterName", kind: Kind::String { pattern: Some(Pattern::new("[0-9A-Za-z][A-Za-z0-9\\-_]*", "[0-9A-Za-z][A-Za-z0-9\\-_]*")), values: &[] }, min: 1.0, max: 100.0 },
Shape { name: "Credentials", kind: Kind::Structure { members: &[Member::new("sessionToken", 15).required(), Member::new("secretAccessKey", 15).required(), Member::new("accessKeyId", 15).required(), Member::new("expiration", 18).required()] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "ExpiredTokenException", kind: Kind::Structure { members: &[Member::new("message", 15)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "InternalServerException", kind: Kind::Structure { members: &[Member::new("message", 15)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "InvalidParameterException", kind: Kind::Structure { members: &[Member::new("message", 15)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "InvalidRequestException", kind: Kind::Structure { members: &[Member::new("message", 15)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "InvalidTokenException", kind: Kind::Structure { members: &[Member::new("message", 15)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "JwtToken", kind: Kind::String { pattern: Some(Pattern::new("[A-Za-z0-9-_=]+\\.[A-Za-z0-9-_=]+\\.[A-Za-z0-9-_=]+", "[A-Za-z0-9-_=]+\\.[A-Za-z0-9-_=]+\\.[A-Za-z0-9-_=]+")), values: &[] }, min: 1.0, max: f64::INFINITY },
Shape { name: "PodIdentityAssociation", kind: Kind::Structure { members: &[Member::new("associationArn", 15).required(), Member::new("associationId", 15).required()] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "ResourceNotFoundException", kind: Kind::Structure { members: &[Member::new("message", 15)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "ServiceUnavailableException", kind: Kind::Structure { members: &[Member::new("message", 15)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "String", kind: Kind::String { pattern: None, values: &[] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "Subject", kind: Kind::Structure { members: &[Member::new("namespace", 15).required(), Member::new("serviceAccount", 15).required()] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "ThrottlingException", kind: Kind::Structure { members: &[Member::new("message", 15)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "Timestamp", kind: Kind::Timestamp(None), min: f64::NEG_INFINITY, max: f64::INFINITY },
];
