// Labels of an alert or a group, one a chip; its text is never HTML.
export function Labels({ labels, without = [] }: { labels: Record<string, string>; without?: string[] }) {
  const shown = Object.entries(labels).filter(([name]) => !without.includes(name));
  return (
    <span class="labels">
      {shown.map(([name, value]) => (
        <code key={name}>
          {name}={value}
        </code>
      ))}
    </span>
  );
}
