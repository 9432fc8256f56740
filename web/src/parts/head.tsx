// The head of a table: a column a text, and one without a name where rows have buttons.

export function Head({ columns, buttons = false }: { columns: readonly string[]; buttons?: boolean }) {
  return (
    <thead>
      <tr>
        {columns.map((column) => (
          <th scope="col" key={column}>
            {column}
          </th>
        ))}
        {buttons && <td />}
      </tr>
    </thead>
  );
}
