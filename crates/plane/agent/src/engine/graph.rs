//! The order among the containers of a task.

/// An order in which every node comes after all it depends on (`before[n]`), lowest index first
/// among equals; `None` if there is a cycle or an index out of range.
pub fn order(before: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut placed = vec![false; before.len()];
    let mut order = Vec::with_capacity(before.len());
    while order.len() < before.len() {
        let ready = |n: &usize| {
            !placed[*n]
                && before[*n]
                    .iter()
                    .all(|on| placed.get(*on).copied().unwrap_or(false))
        };
        let next = (0..before.len()).find(ready)?;
        placed[next] = true;
        order.push(next);
    }
    Some(order)
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn orders_and_finds_cycles() {
        assert_eq!(order(&[]), Some(vec![]));
        assert_eq!(order(&[vec![2], vec![], vec![1]]), Some(vec![1, 2, 0]));
        assert_eq!(order(&[vec![1], vec![0]]), None);
        assert_eq!(order(&[vec![0]]), None);
        assert_eq!(order(&[vec![7]]), None);
    }
}
