/** What the chat knows of people. No call rejects. */
export interface PeopleDirectory {
  /** Null when the chat did not say: it is unreachable, it refused, or there is no such person. */
  person(userId: string): Promise<PersonFacts | null>
  /** Id of our own workspace; null when the chat did not say. */
  home(): Promise<string | null>
}

export interface PersonFacts {
  /** Id of the workspace that the person belongs to. */
  readonly team: string
  /** Id of the Enterprise organisation that the person belongs to; null for none. */
  readonly enterprise: string | null
  /** A guest of our workspace, who sees only some of its channels. */
  readonly isGuest: boolean
}
