/** Groups of people that the chat keeps. */
export interface GroupDirectory {
  /**
   * The chat's ids of all members of the user group with this id; null when the chat did not say (away, refused, no such
   * group). Never rejects.
   */
  members(groupId: string): Promise<readonly string[] | null>
}
