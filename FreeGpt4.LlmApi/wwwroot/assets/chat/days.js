const DAY = 24 * 60 * 60 * 1000;

/**
 * Puts conversations into groups by when they were changed last, in the reader's own days.
 * @param {{updatedAt: string}[]} conversations The newest first.
 */
export function daysOf(conversations, now = new Date()) {
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const groups = [];
  for (const one of conversations) {
    const at = new Date(one.updatedAt).getTime();
    const name = at >= today ? 'today' : at >= today - DAY ? 'yesterday' : at >= today - 7 * DAY ? 'week' : at >= today - 30 * DAY ? 'month' : 'earlier';
    if (groups.at(-1)?.name !== name) {
      groups.push({ name, conversations: [] });
    }

    groups.at(-1).conversations.push(one);
  }

  return groups;
}
