/**
 * The words that a policy may use, in Cedar's schema language. `policy.cedarschema` is the same text for editors; a
 * test binds the two.
 */
export const policySchema = `// The words that policy.cedar may use. Made from src/authorization/policy-schema.ts.

// A group of opsee.yaml, by its name there.
entity Group;

// A person, by Slack user id: User::"U012ABCDEF".
// team: id of the person's workspace or organisation, such as "T012ABCDEF". isGuest: a guest of our workspace.
entity User in [Group] { team: String, isGuest: Bool };

// Builds that arrive, and that opsee.yaml lets deploy themselves: Hook::"builds". No person, in no group.
entity Hook;

// An environment, by its name in opsee.yaml.
entity Tier { name: String, protected: Bool };

// What is deployed, by its name in opsee.yaml.
entity Service { name: String, team: Group };

// One service in one tier, as people write it: Target::"api production". It is in its service and in its tier.
// deployOnPush: the service names the tier so in opsee.yaml.
entity Target in [Service, Tier] { service: Service, tier: Tier, team: Group, deployOnPush: Bool };

// All of Opsee, for reading: Shop::"opsee".
entity Shop;

// The owner is who holds the lock that would be lifted, or whose rollout would be paused, resumed or aborted.
type Circumstances = { owner?: User, isOwner: Bool };

// The tag by which a release is asked for, as typed (a commit stands there too); of a promote, that of the earlier tier.
// None where nobody named one, and for a digest, which names one image for ever.
type Naming = { owner?: User, isOwner: Bool, tag?: String };

action read appliesTo { principal: [User, Hook], resource: [Target, Tier, Shop], context: Circumstances };
action deploy appliesTo { principal: [User, Hook], resource: Target, context: Naming };
action promote appliesTo { principal: User, resource: Target, context: Naming };
action restart, rollback, scale, take, pause, resume, continue, abort, retry, pin, unpin appliesTo { principal: User, resource: Target, context: Circumstances };
action lock, unlock appliesTo { principal: User, resource: [Target, Tier], context: Circumstances };
action stop, go appliesTo { principal: User, resource: Tier, context: Circumstances };
// Reading the audit log. A policy file that does not name it permits it to nobody.
action audit appliesTo { principal: User, resource: Shop, context: Circumstances };
`
