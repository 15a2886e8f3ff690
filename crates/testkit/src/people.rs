//! Users of IAM, for tests of what names them: policies of resources, grants of keys.

use wharf_api_iam::{
    Iam as _,
    types::{CreateUserRequest, DeleteUserRequest, UpdateUserRequest},
};
use wharf_wire::{Call, Check};

use super::{World, call, context};

impl World {
    /// A call by root that IAM let in, so that it can tell who exists.
    pub async fn let_in(&self) -> Call {
        let checks = [Check::any("sts:GetCallerIdentity")];
        let let_in = self.dispatcher.authorize(context(), &checks).await;
        let_in.expect("root may do everything")
    }

    /// Makes a user; its ARN and its unique id.
    pub async fn make_user(&self, name: &str) -> (String, String) {
        let input = CreateUserRequest {
            user_name: Some(name.to_owned()),
            ..Default::default()
        };
        let made = self.iam().create_user(&call(), input).await;
        let made = made.expect("a user").user.expect("who was made");
        (made.arn.expect("an ARN"), made.user_id.expect("an id"))
    }

    pub async fn rename_user(&self, name: &str, to: &str) {
        let input = UpdateUserRequest {
            user_name: Some(name.to_owned()),
            new_user_name: Some(to.to_owned()),
            ..Default::default()
        };
        let renamed = self.iam().update_user(&call(), input).await;
        renamed.expect("another name");
    }

    pub async fn delete_user(&self, name: &str) {
        let input = DeleteUserRequest {
            user_name: Some(name.to_owned()),
        };
        let deleted = self.iam().delete_user(&call(), input).await;
        deleted.expect("nobody of that name");
    }
}
