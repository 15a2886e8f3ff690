// Written by `cargo xtask generate` from models/. Do not edit.
//! The modelled exceptions, each with its code and status.
#[allow(unused_imports)]
use wharf_wire::Fault;

/// `EmptyUploadException`, 400
pub fn empty_upload_exception(message: impl Into<String>) -> Fault {
    Fault::sender("EmptyUploadException", 400, message)
}

/// `ImageAlreadyExistsException`, 400
pub fn image_already_exists_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ImageAlreadyExistsException", 400, message)
}

/// `ImageDigestDoesNotMatchException`, 400
pub fn image_digest_does_not_match_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ImageDigestDoesNotMatchException", 400, message)
}

/// `ImageNotFoundException`, 400
pub fn image_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ImageNotFoundException", 400, message)
}

/// `ImageTagAlreadyExistsException`, 400
pub fn image_tag_already_exists_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ImageTagAlreadyExistsException", 400, message)
}

/// `InvalidLayerException`, 400
pub fn invalid_layer_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidLayerException", 400, message)
}

/// `InvalidLayerPartException`, 400
pub fn invalid_layer_part_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidLayerPartException", 400, message)
}

/// `InvalidParameterException`, 400
pub fn invalid_parameter_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameterException", 400, message)
}

/// `InvalidTagParameterException`, 400
pub fn invalid_tag_parameter_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidTagParameterException", 400, message)
}

/// `LayerAlreadyExistsException`, 400
pub fn layer_already_exists_exception(message: impl Into<String>) -> Fault {
    Fault::sender("LayerAlreadyExistsException", 400, message)
}

/// `LayerPartTooSmallException`, 400
pub fn layer_part_too_small_exception(message: impl Into<String>) -> Fault {
    Fault::sender("LayerPartTooSmallException", 400, message)
}

/// `LayersNotFoundException`, 400
pub fn layers_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("LayersNotFoundException", 400, message)
}

/// `LimitExceededException`, 400
pub fn limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("LimitExceededException", 400, message)
}

/// `ReferencedImagesNotFoundException`, 400
pub fn referenced_images_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ReferencedImagesNotFoundException", 400, message)
}

/// `RegistryNotFoundException`, 400
pub fn registry_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("RegistryNotFoundException", 400, message)
}

/// `RepositoryAlreadyExistsException`, 400
pub fn repository_already_exists_exception(message: impl Into<String>) -> Fault {
    Fault::sender("RepositoryAlreadyExistsException", 400, message)
}

/// `RepositoryCatalogDataNotFoundException`, 400
pub fn repository_catalog_data_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("RepositoryCatalogDataNotFoundException", 400, message)
}

/// `RepositoryNotEmptyException`, 400
pub fn repository_not_empty_exception(message: impl Into<String>) -> Fault {
    Fault::sender("RepositoryNotEmptyException", 400, message)
}

/// `RepositoryNotFoundException`, 400
pub fn repository_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("RepositoryNotFoundException", 400, message)
}

/// `RepositoryPolicyNotFoundException`, 400
pub fn repository_policy_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("RepositoryPolicyNotFoundException", 400, message)
}

/// `ServerException`, 500; `cause` is logged, never sent.
pub fn server_exception(message: impl Into<String>, cause: &dyn std::error::Error) -> Fault {
    Fault::receiver("ServerException", 500, message, cause)
}

/// `TooManyTagsException`, 400
pub fn too_many_tags_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TooManyTagsException", 400, message)
}

/// `UnsupportedCommandException`, 400
pub fn unsupported_command_exception(message: impl Into<String>) -> Fault {
    Fault::sender("UnsupportedCommandException", 400, message)
}

/// `UploadNotFoundException`, 400
pub fn upload_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("UploadNotFoundException", 400, message)
}
