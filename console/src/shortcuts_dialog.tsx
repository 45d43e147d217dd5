import { Dialog } from "./ui/dialog";

const KEYS: [string, string][] = [
  ["g p", "Pipelines"],
  ["g t", "Tables"],
  ["g c", "Connection profiles"],
  ["c", "New pipeline"],
  ["/", "Filter the list"],
  ["?", "These shortcuts"],
];
const EDITOR_KEYS: [string, string][] = [
  ["Ctrl Enter", "Preview the query's rows"],
  ["Ctrl Space", "Complete"],
  ["Ctrl F", "Find and replace"],
  ["Ctrl /", "Comment the line, or take the comment away"],
  ["F8", "Next problem"],
  ["Esc Tab", "Leave the editor by the keyboard"],
];

const List = ({ keys }: { keys: [string, string][] }) => (
  <dl className="keys">
    {keys.map(([key, does]) => (
      <div key={key} className="key-line">
        <dt>
          {key.split(" ").map((part) => (
            <kbd key={part}>{part}</kbd>
          ))}
        </dt>
        <dd>{does}</dd>
      </div>
    ))}
  </dl>
);

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <h3>Everywhere</h3>
      <List keys={KEYS} />
      <h3>In the editor</h3>
      <List keys={EDITOR_KEYS} />
    </Dialog>
  );
}
