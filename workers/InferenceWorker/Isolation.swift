import Penstock

/// Where suspects are called: jobs in whose presence workers died. Each gets a process of its own, a few at a time.
struct Isolation: Sendable {
    let caller: any ProviderCaller
    private let places: CallSlots

    init(_ caller: any ProviderCaller, places: Int) {
        self.caller = caller
        self.places = CallSlots(places)
    }

    /// Runs `body` once there is a place.
    func withPlace(_ body: () async -> Void) async {
        let place = await places.take(atMost: 1)
        await body()
        places.release(place)
    }
}
