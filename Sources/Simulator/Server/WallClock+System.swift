import Penstock
import Telemetry

extension WallClock {
    /// The system's clock.
    static let system = WallClock { Timestamp(milliseconds: SystemTime.milliseconds()) }
}
