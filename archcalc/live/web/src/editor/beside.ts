/** Where what is told of a completion stands. */

import type { Rect } from "@codemirror/view";

// Below this width lines of text become too short to read.
const NARROW = 220;

/** To the right of the list, or else below or above it, so that no completion is ever covered. */
export function beside(list: Rect, option: Rect, info: Rect, space: Rect): { style: string } {
  const room = space.right - list.right - 5;
  if (room >= NARROW) {
    return { style: `left: 100%; top: ${option.top - list.top}px; max-width: ${Math.min(room, 400)}px` };
  }
  const height = info.bottom - info.top;
  const above = list.bottom + height > space.bottom && list.top - height >= space.top;
  return { style: `left: 0; ${above ? "bottom" : "top"}: 100%` };
}
