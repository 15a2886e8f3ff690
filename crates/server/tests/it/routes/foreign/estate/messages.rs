//! What it has of queues, topics, events and schedules.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::json;

use super::{Estate, HOME, NAME, OWN, REGION, SECOND, SERVED, STRANGER, text};
use crate::routes::Server;

fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{HOME}:{resource}")
}

impl Estate {
    pub(super) async fn queues(&mut self, server: &Server) {
        let sqs = |name: &'static str| ("sqs", name);
        let made = self
            .call(server, sqs("CreateQueue"), json!({"QueueName": NAME}))
            .await;
        let url = text(&made, "/QueueUrl");
        let own = self
            .own(server, sqs("CreateQueue"), json!({"QueueName": OWN}))
            .await;
        let own = text(&own, "/QueueUrl");
        let dead = json!({"deadLetterTargetArn": arn("sqs", NAME), "maxReceiveCount": 3});
        let dead = json!({"RedrivePolicy": dead.to_string()});
        let second = json!({"QueueName": SECOND, "Attributes": dead});
        self.call(server, sqs("CreateQueue"), second).await;
        let moved = json!({"SourceArn": arn("sqs", NAME), "DestinationArn": arn("sqs", SECOND)});
        let moved = self.call(server, sqs("StartMessageMoveTask"), moved).await;
        let sent = json!({"QueueUrl": url, "MessageBody": "hidden"});
        self.call(server, sqs("SendMessage"), sent).await;
        let taken = json!({"QueueUrl": url, "VisibilityTimeout": 0});
        let taken = self.call(server, sqs("ReceiveMessage"), taken).await;
        let receipt = text(&taken, "/Messages/0/ReceiptHandle");
        let task = text(&moved, "/TaskHandle");
        self.remember(&receipt);
        // It says which queue it is of.
        let plain = String::from_utf8(BASE64.decode(&task).unwrap()).unwrap();
        let absent = BASE64.encode(self.absent(&plain));
        self.absent.push((task.clone(), absent));
        self.handles.push((task.clone(), plain));
        for url in [url.as_str(), &url.replace("http://", "https://"), NAME] {
            let members = [
                (&["QueueUrl"][..], url.to_owned()),
                (&["QueueName", "QueueNamePrefix"], NAME.to_owned()),
                (&["QueueOwnerAWSAccountId"], HOME.to_owned()),
                (&["SourceArn", "DestinationArn"], arn("sqs", NAME)),
                (&["ReceiptHandle"], receipt.clone()),
                (&["TaskHandle"], task.clone()),
                (&["AWSAccountIds"], STRANGER.to_owned()),
                (&["Actions"], "SendMessage".to_owned()),
                (&["AttributeNames"], "All".to_owned()),
                (&["ReceiveRequestAttemptId"], NAME.to_owned()),
            ];
            self.named("sqs", &members);
        }
        self.besides(
            "sqs",
            "SetQueueAttributes",
            json!({"QueueUrl": own, "Attributes": dead}),
        );
        let sealed = json!({"QueueUrl": own, "Attributes": {"KmsMasterKeyId": self.kms_key}});
        self.besides("sqs", "SetQueueAttributes", sealed);
    }

    pub(super) async fn topics(&mut self, server: &Server) {
        let sns = |name: &'static str| ("sns", name);
        let (topic, queue) = (arn("sns", NAME), arn("sqs", NAME));
        self.call(server, sns("CreateTopic"), json!({"Name": NAME}))
            .await;
        self.own(server, sns("CreateTopic"), json!({"Name": OWN}))
            .await;
        let subscribed = json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue, "ReturnSubscriptionArn": true});
        let subscribed = self.call(server, sns("Subscribe"), subscribed).await;
        let subscription = super::element(&subscribed, "SubscriptionArn");
        self.remember(subscription.rsplit(':').next().unwrap());
        let members = [
            (&["TopicArn", "TargetArn", "ResourceArn"][..], topic.clone()),
            (&["SubscriptionArn"], subscription),
            (&["Name"], NAME.to_owned()),
            (&["Endpoint"], queue.clone()),
            (&["Protocol"], "sqs".to_owned()),
            (&["AttributeName"], "DisplayName".to_owned()),
            (&["AttributeValue"], "x".to_owned()),
            (&["AWSAccountId"], STRANGER.to_owned()),
            (&["ActionName"], "Publish".to_owned()),
        ];
        self.named("sns", &members);
        let own = format!("arn:aws:sns:{REGION}:{STRANGER}:{OWN}");
        let to_theirs = json!({"TopicArn": own, "Protocol": "sqs", "Endpoint": queue});
        self.besides("sns", "Subscribe", to_theirs);
        let sealed = json!({"TopicArn": own, "AttributeName": "KmsMasterKeyId", "AttributeValue": self.kms_key});
        self.besides("sns", "SetTopicAttributes", sealed);
    }

    pub(super) async fn events(&mut self, server: &Server) {
        let events = |name: &'static str| ("events", name);
        let (bus, queue) = (
            arn("events", &format!("event-bus/{NAME}")),
            arn("sqs", NAME),
        );
        self.call(server, events("CreateEventBus"), json!({"Name": NAME}))
            .await;
        let pattern = r#"{"source":["x"]}"#;
        for bus in [json!(NAME), json!("default")] {
            let rule = json!({"Name": NAME, "EventBusName": bus, "EventPattern": pattern});
            self.call(server, events("PutRule"), rule).await;
            let targets = json!([{"Id": NAME, "Arn": queue}]);
            let targets = json!({"Rule": NAME, "EventBusName": bus, "Targets": targets});
            self.call(server, events("PutTargets"), targets).await;
        }
        let rule = json!({"Name": OWN, "EventPattern": pattern});
        self.own(server, events("PutRule"), rule).await;
        let archive = json!({"ArchiveName": NAME, "EventSourceArn": bus});
        self.call(server, events("CreateArchive"), archive).await;
        let key = json!({"ApiKeyAuthParameters": {"ApiKeyName": "x", "ApiKeyValue": "hidden"}});
        let connection =
            json!({"Name": NAME, "AuthorizationType": "API_KEY", "AuthParameters": key});
        let connection = self.call(server, events("CreateConnection"), connection);
        let connection = text(&connection.await, "/ConnectionArn");
        self.remember(connection.rsplit('/').next().unwrap());
        let destination = json!({
            "Name": NAME, "ConnectionArn": connection, "HttpMethod": "POST",
            "InvocationEndpoint": "https://example.test/a",
        });
        let destination = self.call(server, events("CreateApiDestination"), destination);
        let destination = text(&destination.await, "/ApiDestinationArn");
        self.remember(destination.rsplit('/').next().unwrap());
        let archive = arn("events", &format!("archive/{NAME}"));
        let replay = json!({
            "ReplayName": NAME, "EventSourceArn": archive, "EventStartTime": 1_700_000_000,
            "EventEndTime": 1_700_000_060, "Destination": {"Arn": bus},
        });
        self.call(server, events("StartReplay"), replay.clone())
            .await;
        self.besides("events", "StartReplay", replay);
        let names: &[&str] = &[
            "NamePrefix",
            "Rule",
            "ArchiveName",
            "ReplayName",
            "Ids",
            "StatementId",
        ];
        let rule_of = arn("events", &format!("rule/{NAME}/{NAME}"));
        let default_rule = arn("events", &format!("rule/{NAME}"));
        let theirs_default = arn("events", "event-bus/default");
        for (name, bus_name, tagged, source) in [
            (NAME, NAME, &rule_of, &bus),
            (NAME, "default", &default_rule, &archive),
            (&*bus, &*bus, &bus, &bus),
            (NAME, &*bus, &rule_of, &bus),
            (NAME, &*theirs_default, &default_rule, &bus),
        ] {
            let members = [
                (names, NAME.to_owned()),
                (&["Name"], name.to_owned()),
                (&["EventBusName"], bus_name.to_owned()),
                (&["ResourceARN"], tagged.clone()),
                (&["EventSourceArn"], source.clone()),
                (&["ConnectionArn"], connection.clone()),
                (&["TargetArn", "Arn"], queue.clone()),
                (&["KmsKeyIdentifier"], self.kms_key.clone()),
                (&["EventPattern"], pattern.to_owned()),
            ];
            self.named("events", &members);
        }
        let entry = |bus: &str| json!({"Entries": [{"EventBusName": bus, "Source": "x", "DetailType": "x", "Detail": "{}"}]});
        self.besides("events", "PutEvents", entry(&bus));
        self.besides("events", "PutEvents", entry(NAME));
        let role = format!("arn:aws:iam::{STRANGER}:role/{SERVED}");
        for target in [&queue, &bus, &destination, &arn("sns", NAME)] {
            let targets = json!([{"Id": "1", "Arn": target, "RoleArn": role}]);
            let input = json!({"Rule": OWN, "Targets": targets});
            self.besides("events", "PutTargets", input);
        }
    }

    pub(super) async fn schedules(&mut self, server: &Server) {
        let scheduler = |name: &'static str| ("scheduler", name);
        let group = json!({"Name": NAME, "ClientToken": NAME});
        self.call(server, scheduler("CreateScheduleGroup"), group)
            .await;
        let made = |account: &str, of: &str| {
            let role = format!("arn:aws:iam::{account}:role/{SERVED}");
            json!({
                "Name": NAME, "GroupName": of, "ScheduleExpression": "rate(30 days)", "ClientToken": NAME,
                "State": "DISABLED", "FlexibleTimeWindow": {"Mode": "OFF"},
                "Target": {"Arn": arn("sqs", NAME), "RoleArn": role},
            })
        };
        for group in [NAME, "default"] {
            self.call(server, scheduler("CreateSchedule"), made(HOME, group))
                .await;
        }
        for (operation, group) in [
            ("CreateSchedule", NAME),
            ("CreateSchedule", "default"),
            ("UpdateSchedule", NAME),
        ] {
            self.besides("scheduler", operation, made(STRANGER, group));
        }
        for group in [NAME, "default"] {
            let members = [
                (&["Name", "NamePrefix", "ClientToken"][..], NAME.to_owned()),
                (&["GroupName"], group.to_owned()),
                (
                    &["ResourceArn"],
                    arn("scheduler", &format!("schedule-group/{NAME}")),
                ),
                (&["KmsKeyArn"], self.kms_key.clone()),
                (&["ScheduleExpression"], "rate(30 days)".to_owned()),
                (&["Arn"], arn("sqs", NAME)),
                (&["RoleArn"], format!("arn:aws:iam::{HOME}:role/{SERVED}")),
            ];
            self.named("scheduler", &members);
        }
    }
}
