//! Reads and checks the environment metadata file for JavaScript.

use std::path::PathBuf;

use napi::bindgen_prelude::{AsyncTask, Env, Result, Task};
use napi_derive::napi;

use crate::{metadata, system_error};

/// The result of reading: `text`, or the other fields for an error.
#[napi(object, object_from_js = false)]
pub struct MetadataFile {
    /// The content.
    pub text: Option<String>,
    /// Name of the system error, such as `ENOENT`.
    pub code: Option<String>,
    /// Number of the system error, negative as in Node.
    pub errno: Option<i32>,
    /// The system call that failed: `open` or `read`.
    pub syscall: Option<String>,
}

/// Reads the file on a thread of libuv's pool.
pub struct ReadMetadata {
    path: PathBuf,
}

impl Task for ReadMetadata {
    type Output = MetadataFile;
    type JsValue = MetadataFile;

    fn compute(&mut self) -> Result<MetadataFile> {
        Ok(match metadata::read(&self.path) {
            Ok(text) => MetadataFile { text: Some(text), code: None, errno: None, syscall: None },
            Err((error, syscall)) => MetadataFile {
                text: None,
                code: Some(system_error::code(&error).into()),
                errno: error.raw_os_error().map(|number| -number),
                syscall: Some(syscall.into()),
            },
        })
    }

    fn resolve(&mut self, _env: Env, output: MetadataFile) -> Result<MetadataFile> {
        Ok(output)
    }
}

/// Reads the metadata file at `path`. Resolves for errors as well.
#[must_use]
#[napi(catch_unwind, ts_return_type = "Promise<MetadataFile>")]
pub fn read_metadata(path: String) -> AsyncTask<ReadMetadata> {
    AsyncTask::new(ReadMetadata { path: path.into() })
}

/// Says which field of the content is not as declared. Nothing when all are, or when the text is not JSON.
#[must_use]
#[napi(catch_unwind)]
pub fn metadata_error(text: String) -> Option<String> {
    let content = serde_json::from_str(&text).ok()?;
    metadata::check(&content).err().map(|error| error.to_string())
}
