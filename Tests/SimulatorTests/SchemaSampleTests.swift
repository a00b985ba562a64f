import JSON
import Testing

@testable import Simulator

@Suite struct SchemaSampleTests {
    private func sample(_ schema: String, seed: UInt64 = 1) throws -> JSONValue {
        let schema = try JSONDocument(parsing: Array(schema.utf8)).root
        return try JSONDocument(parsing: Array(SchemaSample.text(of: schema, dice: Dice(seed: seed)).utf8)).root
    }

    @Test(arguments: 0..<50 as Range<UInt64>) func nestedSchemasAreSatisfied(seed: UInt64) throws {
        let value = try sample(
            """
            {"type":"object","required":["name","tags","size","kind","at"],"properties":{
              "name":{"type":"string","minLength":40,"maxLength":60},
              "tags":{"type":"array","items":{"enum":["a","b"]},"minItems":2,"maxItems":4},
              "size":{"type":"object","properties":{"w":{"type":"integer","minimum":-5,"maximum":5},
                "h":{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":0.5}},"required":["w","h"]},
              "kind":{"anyOf":[{"type":"boolean"},{"type":"null"}]},
              "at":{"$ref":"#/$defs/place"}},
             "$defs":{"place":{"type":["null","string"],"maxLength":7}}}
            """,
            seed: seed
        )
        #expect((40...60).contains(try #require(value["name"]?.string).utf8.count))
        let tags = try #require(value["tags"])
        #expect((2...4).contains(tags.count) && tags.elements.allSatisfy { ["a", "b"].contains($0.string) })
        #expect((-5...5).contains(try #require(value.path("size", "w")?.int64)))
        let height = try #require(value.path("size", "h")?.double)
        #expect(height > 0 && height < 0.5)
        #expect(value["kind"]?.kind == .bool)
        #expect(try #require(value["at"]?.string).utf8.count <= 7)
    }

    @Test(
        arguments: [
            (#"{"type":"integer","maximum":-10}"#, -10), (#"{"type":"integer","minimum":7,"maximum":7}"#, 7),
            (#"{"const":3}"#, 3), (#"{"type":"integer","exclusiveMinimum":4,"maximum":5}"#, 5),
        ] as [(String, Int64)]
    )
    func narrowIntegersAreHit(schema: String, expected: Int64) throws {
        #expect(try sample(schema).int64 == expected)
    }

    @Test func recursiveSchemasEnd() throws {
        let optional =
            ##"{"type":"object","properties":{"v":{"type":"integer"},"next":{"$ref":"#"}},"required":["v"]}"##
        #expect(try sample(optional)["v"]?.kind == .number)
        let required = ##"{"type":"object","properties":{"next":{"$ref":"#"}},"required":["next"]}"##
        #expect(try sample(required).kind == .object)
        let wide =
            ##"{"type":"object","properties":{"a":{"$ref":"#"},"b":{"$ref":"#"},"c":{"$ref":"#"},"##
            + ##""d":{"$ref":"#"},"e":{"$ref":"#"},"f":{"$ref":"#"}},"required":["a","b","c","d","e","f"]}"##
        #expect(
            SchemaSample.text(of: try JSONDocument(parsing: Array(wide.utf8)).root, dice: Dice(seed: 1)).utf8.count < 1
                << 20
        )
    }

    @Test func anEmptySchemaAllowsText() throws {
        #expect(try sample("{}").kind == .string)
        #expect(try sample(#"{"type":"array"}"#).count == 0)
    }
}
