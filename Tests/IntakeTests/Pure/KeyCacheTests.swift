import Penstock
import Testing

@testable import Intake

struct KeyCacheTests {
    private static let key = APIKeyRecord(
        id: "key_1",
        hash: "h",
        tenant: TenantID(trusted: "acme"),
        name: "",
        isAdmin: false,
        classes: [.batch],
        createdAt: Timestamp(milliseconds: 0)
    )

    @Test func remembersForAWhile() {
        let cache = KeyCache(lifetime: .seconds(5))
        let now = ContinuousClock.now
        #expect(cache.lookup("h", now: now) == .none)
        cache.remember(Self.key, hash: "h", now: now)
        cache.remember(nil, hash: "wrong", now: now)
        #expect(cache.lookup("h", now: now.advanced(by: .seconds(4))) == .some(Self.key))
        #expect(cache.lookup("wrong", now: now) == .some(nil))
        #expect(cache.lookup("h", now: now.advanced(by: .seconds(5))) == .none)
    }

    @Test func guessingDoesNotPushKeysOut() {
        let cache = KeyCache(lifetime: .seconds(5), capacity: 10)
        cache.remember(Self.key, hash: "h")
        for guess in 0..<100 { cache.remember(nil, hash: "guess\(guess)") }
        #expect(cache.lookup("h") == .some(Self.key))
        let remembered = (0..<100).filter { cache.lookup("guess\($0)") != .none }
        #expect(remembered.count <= 10)
    }

    @Test func aKeyThatIsNewIsKnown() {
        let cache = KeyCache(lifetime: .seconds(5))
        cache.remember(nil, hash: "h")
        cache.remember(Self.key, hash: "h")
        #expect(cache.lookup("h") == .some(Self.key))
        cache.forgetAll()
        #expect(cache.lookup("h") == .none)
    }
}
