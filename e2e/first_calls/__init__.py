"""What aws-cdk and pulumi ask of an API before they do anything else, in the form of `terraform.form`.

Neither gets to the end: cdk deploys by CloudFormation, which is not there, and pulumi's provider is Terraform's. What counts is how far
they come, that nothing they ask ends them without a word, and that the words which end them say what is missing. The sequences were
written from the source of aws-cdk's CLI and of the library by which Terraform's and pulumi's providers find out who they are.
"""
