//! Ids of what is made, and of requests.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Makes ids: the same seed and the same order of calls give the same ids.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Ids {
    seed: u64,
    made: u64,
    /// Requests are counted apart: how often somebody looks does not change the ids of what is made.
    #[serde(default)]
    requests: u64,
}

impl Ids {
    pub(crate) fn new(seed: u64) -> Ids {
        Ids { seed, made: 0, requests: 0 }
    }

    /// Returns an id in EC2's form: the prefix and 17 hexadecimal digits.
    pub(crate) fn ec2(&mut self, prefix: &str) -> String {
        format!("{prefix}-0{}", &self.hex()[..16])
    }

    /// Returns an id in IAM's form: the prefix and 17 capital letters and digits.
    pub(crate) fn iam(&mut self, prefix: &str) -> String {
        const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let bytes = self.bytes();
        let text: String = bytes.iter().take(17).map(|b| char::from(LETTERS[usize::from(b % 32)])).collect();
        format!("{prefix}{text}")
    }

    /// Returns a request id: a UUID's form.
    pub(crate) fn request(&mut self) -> String {
        self.requests += 1;
        let hex = hex::encode(digest(&[0, self.seed, self.requests]));
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32])
    }

    fn hex(&mut self) -> String {
        hex::encode(self.bytes())
    }

    fn bytes(&mut self) -> [u8; 32] {
        self.made += 1;
        digest(&[self.seed, self.made])
    }
}

/// Mixes numbers into bytes that look like chance.
pub(crate) fn digest(numbers: &[u64]) -> [u8; 32] {
    let mut hash = Sha256::new();
    numbers.iter().for_each(|number| hash.update(number.to_be_bytes()));
    hash.finalize().into()
}
