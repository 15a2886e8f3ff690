//! What each protocol says where all say the same.

use wharf_wire::schema::ServiceSchema;

#[test]
fn requests_that_come_too_fast() {
    let faults: [(&'static ServiceSchema, _, _, _); 4] = [
        (
            &wharf_api_ecs::schema::SERVICE,
            "ThrottlingException",
            400,
            "Rate exceeded",
        ),
        (
            &wharf_api_ec2::schema::SERVICE,
            "RequestLimitExceeded",
            503,
            "Request limit exceeded.",
        ),
        (
            &wharf_api_iam::schema::SERVICE,
            "Throttling",
            400,
            "Rate exceeded",
        ),
        (
            &wharf_api_elbv2::schema::SERVICE,
            "ThrottlingException",
            400,
            "Rate exceeded",
        ),
    ];
    for (schema, code, status, text) in faults {
        let fault = schema.protocol.codec().throttled(schema);
        assert_eq!(
            (fault.code.as_ref(), fault.status, fault.message.as_str()),
            (code, status, text)
        );
    }
}
