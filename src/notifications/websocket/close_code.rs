//! The status codes of a WebSocket close frame.

/// Sent when this process drops the socket without closing it.
pub const GOING_AWAY: u16 = 1001;
/// Sent when the server broke the rules of the protocol.
pub const PROTOCOL_ERROR: u16 = 1002;
/// Reported when a close frame came without a code; never sent.
pub const NO_STATUS: u16 = 1005;
/// Reported when the connection ended without a close frame; never sent.
pub const ABNORMAL: u16 = 1006;
/// Sent when text was not UTF-8.
pub const INVALID_DATA: u16 = 1007;
/// Sent when a message was larger than allowed.
pub const TOO_LARGE: u16 = 1009;
/// Sent when the server stopped answering.
pub const UNEXPECTED: u16 = 1011;

/// Whether a close frame may contain this code: one that is registered for the protocol, or 3000 to 4999, which
/// libraries and applications define.
#[must_use]
pub fn is_sendable(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_and_unassigned_codes_are_refused() {
        for code in [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, u16::MAX] {
            assert!(!is_sendable(code), "{code}");
        }
    }

    #[test]
    fn registered_and_private_codes_are_allowed() {
        for code in
            [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
        {
            assert!(is_sendable(code), "{code}");
        }
    }
}
