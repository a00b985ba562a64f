package import Penstock
import Telemetry

extension WallClock {
    /// The system's clock.
    package static let system = WallClock { Timestamp(milliseconds: SystemTime.milliseconds()) }
}
