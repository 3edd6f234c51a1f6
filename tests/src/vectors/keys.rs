//! Test keys and test devices, as the vectors list them.

use paylatch_proto::{limits, sign};
use paylatch_rig::keys::{ALL, DEVICES, OEM, TestDevice, TestKey};
use paylatch_ta::config::Config;
use serde::{Deserialize, Serialize};

use super::device::Device;

/// What the vectors' devices are built with: the test OEM's key, and a release
/// build's notice.
pub fn config() -> Config {
    Config { oem: OEM.public(), notice_min: limits::NOTICE_MIN_RELEASE, security_version: 1 }
}

/// A key, as the vectors list it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyEntry {
    /// Its name.
    pub name: String,
    /// The private scalar, big-endian.
    pub private: String,
    /// The compressed point.
    pub public: String,
    /// The key id; its first 8 digits are the short one.
    pub id: String,
}

/// A device, as the vectors list it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceEntry {
    /// Its name.
    pub name: String,
    /// What the platform derives.
    pub secret: String,
    /// The device id; its first 8 digits are the short one.
    pub id: String,
    /// What its random number generator gives, over and over.
    pub random: String,
    /// Its signing key, once enrolled or sealed.
    pub signing: String,
    /// Its agreement key, once enrolled or sealed.
    pub agreement: String,
}

/// `keys.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    /// A warning.
    pub note: String,
    /// Name of the key that the devices are built with.
    pub oem: String,
    /// The least notice time that the devices are built with, in seconds of use.
    pub notice_min: u32,
    /// The devices' security version.
    pub security_version: u32,
    /// The keys.
    pub keys: Vec<KeyEntry>,
    /// The devices.
    pub devices: Vec<DeviceEntry>,
}

pub fn make() -> Keys {
    let key = |key: TestKey| KeyEntry {
        name: key.name.into(),
        private: hex::encode(key.scalar()),
        public: key.public().to_string(),
        id: sign::key_id(&key.public()).to_string(),
    };
    let device = |device: TestDevice| {
        let keys = Device::sealed_keys(&device);
        DeviceEntry {
            name: device.name.into(),
            secret: hex::encode(device.secret),
            id: device.id().to_string(),
            random: hex::encode([device.random]),
            signing: keys.signing.to_string(),
            agreement: keys.agreement.to_string(),
        }
    };
    let config = config();
    Keys {
        note: "TEST KEYS. Their private halves are public: trust nothing that they sign.".into(),
        oem: OEM.name.into(),
        notice_min: config.notice_min,
        security_version: config.security_version,
        keys: ALL.map(key).into(),
        devices: DEVICES.map(device).into(),
    }
}
